"""What 0.1.0 leaves where it writes beside this version, and how that is mended. In `tests/test_upgrade.py` it writes itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from app.domain.records import Filter
from app.domain.values import ArticleText, CountryCode, Stance, Verdict
from app.services import complete as completing
from app.services import search
from app.services.complete import complete
from app.services.condense import add_up
from app.services.correct import correct
from app.services.remove import remove
from app.services.revise import edit, replace_text
from app.services.submit import submit
from app.storage.database import Store
from app.storage.tables import ArticleRow, BandRow, Base, SearchableRow, StanceRow
from tests.samples import submission
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio
COPIED = "France praised Kenya for its reliable courts, and nobody in the capital was surprised by that. " * 3
NOT_NAMED = dict.fromkeys(("publisher", "duplicate_group", "author_stance", "attributed_stance"))
DEFAULTS: dict[str, Any] = {"day": -1, "month": -1, "language": "und", "standing": 0}


def written_by_the_older_version(store: Store, article: str) -> None:
    """Its rows are those of a store that knows neither words, bands and groups nor what a stance says besides."""
    identifier = UUID(article)
    with store.transaction() as session:
        session.execute(delete(SearchableRow).where(SearchableRow.article_id == identifier))
        session.execute(delete(BandRow).where(BandRow.article_id == identifier))
        session.execute(
            update(ArticleRow)
            .where(ArticleRow.id == identifier)
            .values(derived_at=None, read_language="und", duplicate_group=None)
        )
        session.execute(delete(StanceRow).where(StanceRow.article_id == identifier, StanceRow.standing == 1))
        session.execute(update(StanceRow).where(StanceRow.article_id == identifier).values(**NOT_NAMED, **DEFAULTS))


def everything(store: Store) -> dict[str, list[Any]]:
    """All rows of all tables, without the numbers that a database gives."""
    with store.transaction() as session:
        add_up(session)
    with store.reading() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(*(c for c in table.c if c.name != "number"))).all()))
            for table in Base.metadata.sorted_tables
        }


async def found(store: Store, **wanted: Any) -> list[str]:
    return [each.article.id for each in (await search.stances(store, Filter(**wanted), limit=50)).items]


async def test_rows_of_the_older_version_become_what_this_one_would_have_written(
    store: Store, annotator: DictionaryAnnotator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completing, "BATCH", 1)
    article, _ = await submit(store, annotator, submission(COPIED, publisher="A", language="en"))
    copy, _ = await submit(store, annotator, submission(COPIED, publisher="B", title="The same"))
    await correct(store, annotator, copy.id, Verdict(CountryCode("FR"), present=True, stance=Stance.AGAINST))
    whole = everything(store)
    assert await complete(store) == 0
    written_by_the_older_version(store, copy.id)
    assert everything(store) != whole
    assert await complete(store) == 1
    assert everything(store) == whole
    written_by_the_older_version(store, copy.id)
    written_by_the_older_version(store, article.id)
    assert await complete(store) == 2
    assert everything(store) == whole


async def test_until_then_they_are_found_by_all_that_the_older_version_knew(store: Store, annotator: DictionaryAnnotator) -> None:
    article, _ = await submit(store, annotator, submission())
    written_by_the_older_version(store, article.id)
    assert await found(store, countries=(CountryCode("FR"),)) == [article.id]


async def test_a_change_of_what_is_not_whole_does_not_pass_for_making_it_so(store: Store, annotator: DictionaryAnnotator) -> None:
    article, _ = await submit(store, annotator, submission())
    written_by_the_older_version(store, article.id)
    await edit(store, article.id, {"publisher": "C"})
    assert await complete(store) == 1
    await edit(store, article.id, {"publisher": "D"})
    await replace_text(store, annotator, article.id, ArticleText(body="Germany accused Belarus."))
    assert await complete(store) == 0


async def test_what_is_deleted_meanwhile_is_passed_over(
    store: Store, annotator: DictionaryAnnotator, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = await submit(store, annotator, submission())
    other, _ = await submit(store, annotator, submission("Germany accused Belarus."))
    for article in (one, other):
        written_by_the_older_version(store, article.id)
    looked_after = completing._one

    async def late(store: Store, identifier: str) -> None:
        if identifier == one.id:
            await remove(store, identifier)
        await looked_after(store, identifier)

    monkeypatch.setattr(completing, "_one", late)
    await complete(store)
    assert await found(store, countries=(CountryCode("BY"),)) == [other.id]
    assert await complete(store) == 0
