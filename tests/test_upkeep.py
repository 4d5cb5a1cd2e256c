from __future__ import annotations

from datetime import datetime, timedelta

import anyio
import pytest
from sqlalchemy import select, update

from app import upkeep as keeping
from app.services.complete import complete
from app.services.expire import expire
from app.services.submit import submit
from app.services.tidy import tidy
from app.settings import Settings
from app.storage.database import Store
from app.storage.tables import ArticleRow
from app.upkeep import upkeep
from tests.samples import submission
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio
SOON = 0.01


def kept(store: Store) -> int:
    with store.reading() as session:
        return len(session.scalars(select(ArticleRow.id)).all())


async def test_deleted_words_go_by_themselves(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    done = anyio.Event()

    async def watched(store: Store) -> int:
        found = await tidy(store)
        done.set()
        return found

    monkeypatch.setattr(keeping, "EVERY_SECONDS", SOON)
    monkeypatch.setattr(keeping, "tidy", watched)
    async with upkeep(Settings(), store):
        with anyio.fail_after(60):
            await done.wait()


async def test_what_an_older_version_wrote_becomes_whole_by_itself(
    store: Store, annotator: DictionaryAnnotator, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = anyio.Event()

    async def watched(store: Store) -> int:
        found = await complete(store)
        if found:
            done.set()
        return found

    monkeypatch.setattr(keeping, "EVERY_SECONDS", SOON)
    monkeypatch.setattr(keeping, "complete", watched)
    await submit(store, annotator, submission())
    async with upkeep(Settings(), store):
        with store.transaction() as session:
            session.execute(update(ArticleRow).values(derived_at=None))
        with anyio.fail_after(60):
            await done.wait()
    assert await complete(store) == 0
    assert kept(store) == 1


@pytest.mark.parametrize(("days", "left"), [(2, 2), (3, 0)])
async def test_articles_older_than_the_days_of_retention_go_and_the_others_stay(
    store: Store, annotator: DictionaryAnnotator, monkeypatch: pytest.MonkeyPatch, days: int, left: int
) -> None:
    done = anyio.Event()

    async def later(store: Store, *, before: datetime) -> int:
        found = await expire(store, before=before + timedelta(days=days, hours=1))
        done.set()
        return found

    monkeypatch.setattr(keeping, "expire", later)
    await submit(store, annotator, submission())
    await submit(store, annotator, submission("Germany accused Belarus."))
    async with upkeep(Settings(retention_days=3), store):
        with anyio.fail_after(60):
            await done.wait()
    assert kept(store) == left
