from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.domain.errors import AnnotationNotFound, ArticleNotFound, InvalidCursor, InvalidQuery
from app.domain.records import StoredAnnotation
from app.domain.values import ArticleText
from app.services import fetch
from app.services.condense import add_up
from app.services.remove import remove
from app.services.revise import replace_text
from app.services.submit import submit
from app.storage.database import Store
from app.storage.tables import Base
from tests.samples import BLAME, PRAISE, submission
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio

NOBODY = "01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"


@pytest.mark.parametrize("identifier", [NOBODY, "nonsense", "", "\0", NOBODY.replace("-", "")])
async def test_what_is_not_there_is_not_found(store: Store, identifier: str) -> None:
    with pytest.raises(ArticleNotFound):
        await fetch.article(store, identifier)
    with pytest.raises(AnnotationNotFound):
        await fetch.annotation(store, identifier)
    with pytest.raises(ArticleNotFound):
        await fetch.annotations(store, identifier, limit=1)
    with pytest.raises(ArticleNotFound):
        await remove(store, identifier)


async def test_an_article_is_one_statement(store: Store, annotator: DictionaryAnnotator, statements: list[str]) -> None:
    stored, _ = await submit(store, annotator, submission())
    statements.clear()
    await fetch.article(store, stored.id)
    assert selects(statements) == 1


async def test_the_annotations_of_an_article_come_in_pages_newest_first(
    store: Store, annotator: DictionaryAnnotator, statements: list[str]
) -> None:
    stored, _ = await submit(store, annotator, submission("Kenya 0."))
    for number in range(1, 5):
        await replace_text(store, annotator, stored.id, ArticleText(body=f"Kenya {number}."))
    found: list[StoredAnnotation] = []
    cursor = None
    while True:
        statements.clear()
        page = await fetch.annotations(store, stored.id, limit=2, cursor=cursor)
        assert selects(statements) == 2
        found += page.items
        if (cursor := page.next_cursor) is None:
            break
    assert [each.revision for each in found] == [5, 4, 3, 2, 1]


async def test_a_cursor_of_another_article_is_refused(store: Store, annotator: DictionaryAnnotator) -> None:
    one, _ = await submit(store, annotator, submission(PRAISE))
    other, _ = await submit(store, annotator, submission(BLAME))
    await replace_text(store, annotator, one.id, ArticleText(body="Kenya."))
    cursor = (await fetch.annotations(store, one.id, limit=1)).next_cursor
    with pytest.raises(InvalidCursor):
        await fetch.annotations(store, other.id, limit=1, cursor=cursor)


@pytest.mark.parametrize("limit", [-1, 0, 201])
async def test_a_limit_out_of_bounds_is_refused(store: Store, annotator: DictionaryAnnotator, limit: int) -> None:
    stored, _ = await submit(store, annotator, submission())
    with pytest.raises(InvalidQuery):
        await fetch.annotations(store, stored.id, limit=limit)


async def test_a_deleted_article_takes_along_everything_derived_and_nothing_else(
    store: Store, annotator: DictionaryAnnotator
) -> None:
    kept, _ = await submit(store, annotator, submission(PRAISE))
    before = counted(store)
    gone, _ = await submit(store, annotator, submission(BLAME))
    await replace_text(store, annotator, gone.id, ArticleText(body="Kenya."))
    await remove(store, gone.id)
    assert counted(store) == before
    assert await fetch.article(store, kept.id) == kept
    assert gone.annotation is not None
    with pytest.raises(AnnotationNotFound):
        await fetch.annotation(store, gone.annotation.id)
    with pytest.raises(ArticleNotFound):
        await remove(store, gone.id)


async def test_a_deleted_article_can_be_stored_again(store: Store, annotator: DictionaryAnnotator) -> None:
    gone, _ = await submit(store, annotator, submission())
    await remove(store, gone.id)
    again, created = await submit(store, annotator, submission())
    assert created
    assert again.id != gone.id


def selects(statements: list[str]) -> int:
    return sum(statement.lstrip().startswith("SELECT") for statement in statements)


def counted(store: Store) -> dict[str, int | None]:
    with store.transaction() as session:
        add_up(session)
    with store.reading() as session:
        return {table.name: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables}
