from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.domain.records import Filter
from app.domain.textquery import TextQuery
from app.services import expire as expiring
from app.services import search
from app.services import tidy as tidying
from app.services.expire import expire
from app.services.remove import remove
from app.services.submit import submit
from app.services.tidy import tidy
from app.storage import ids
from app.storage.database import Store
from app.storage.tables import ArticleRow, Base
from tests.samples import submission
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio
MARK = "zyxwvutsrq"
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))


def kept(store: Store) -> set[str]:
    with store.reading() as session:
        return {str(found) for found in session.scalars(select(ArticleRow.id))}


def mentioning(store: Store, *words: str) -> list[str]:
    """Tables of which any row holds any of the words."""
    found = []
    with store.reading() as session:
        for table in Base.metadata.sorted_tables:
            rows = str(session.execute(select(table)).all())
            found += [table.name] if any(word in rows for word in words) else []
    return found


@given(MOMENTS, MOMENTS)
def test_the_earliest_id_of_a_moment_parts_before_from_after(one: datetime, other: datetime) -> None:
    one = one.replace(microsecond=one.microsecond // 1000 * 1000)
    assert ids.moment(ids.earliest(one)) == one
    assert (ids.earliest(one) < ids.earliest(other + timedelta(milliseconds=1))) is (one <= other)


async def test_articles_stored_before_the_moment_go_in_batches_and_the_others_stay(
    store: Store, annotator: DictionaryAnnotator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "BATCH", 2)
    for number in range(5):
        await submit(store, annotator, submission(f"France praised Kenya {number} times."))
    moment = datetime.now(UTC) + timedelta(milliseconds=2)
    while datetime.now(UTC) <= moment:
        pass
    young, _ = await submit(store, annotator, submission("China said nothing."))
    assert await expire(store, before=moment) == 5
    assert kept(store) == {young.id}
    assert await expire(store, before=moment) == 0


async def test_after_a_deletion_no_row_of_any_table_knows_of_the_article(store: Store, annotator: DictionaryAnnotator) -> None:
    text = f"France praised Kenya. {MARK} condemned Belarus."
    article, _ = await submit(store, annotator, submission(text, title=MARK, publisher=MARK, metadata={"note": MARK}))
    assert {"article", "revision"} <= set(mentioning(store, MARK, article.id))
    await remove(store, article.id)
    assert mentioning(store, MARK, article.id) == []


async def test_words_of_deleted_articles_leave_the_index_in_small_steps_and_the_others_stay(
    store: Store, annotator: DictionaryAnnotator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "PAGES", 1)
    stored = [await submit(store, annotator, submission(f"France praised Kenya {number} times, {MARK}.")) for number in range(30)]
    for article, _ in stored[:29]:
        await remove(store, article.id)
    on_sqlite = store.engine.dialect.name == "sqlite"
    assert (await tidy(store) > 1) is on_sqlite
    assert await tidy(store) == int(on_sqlite)
    found = await search.articles(store, Filter(q=TextQuery.parse(MARK)), limit=50)
    assert [article.id for article in found.items] == [stored[29][0].id]


async def test_a_deleted_text_is_not_even_in_the_file(tmp_path: Path, migrated_sqlite: Path) -> None:
    file = tmp_path / "standpoint.db"
    shutil.copy(migrated_sqlite, file)
    store = Store(f"sqlite:///{file}")
    article, _ = await submit(store, DictionaryAnnotator(), submission(f"France praised Kenya. {MARK} slept. " * 200))
    await remove(store, article.id)
    await tidy(store)
    with store.engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    store.close()
    assert MARK.encode() not in file.read_bytes()
