from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import anyio
import pytest

from app.domain.errors import ArticleConflict, ArticleNotFound
from app.domain.records import Filter, Sort
from app.domain.values import ArticleText, PublicationTime
from app.services import fetch, search
from app.services.remove import remove
from app.services.revise import edit, replace_text
from app.services.submit import submit
from app.storage.database import Store
from tests.samples import BLAME, PRAISE, ScriptedAnnotator, submission
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio

NOBODY = "01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"
DAY = PublicationTime.at(date(2024, 5, 6))


async def countries(store: Store, wanted: Filter = Filter()) -> list[str]:  # noqa: B008
    return [found.country for found in (await search.stances(store, wanted, limit=200)).items]


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"url": "https://example.org/2"}, "url", "https://example.org/2"),
        ({"publisher": "P"}, "publisher", "P"),
        ({"external_id": "2"}, "external_id", "2"),
        ({"published": DAY}, "published", DAY),
        ({"published": None}, "published", None),
        ({"language": None}, "language", None),
        ({"metadata": {"a": 1}}, "metadata", {"a": 1}),
        ({"metadata": None}, "metadata", {}),
    ],
)
async def test_each_field_but_the_text_can_be_edited(
    store: Store, annotator: DictionaryAnnotator, changes: Mapping[str, Any], field: str, value: object
) -> None:
    given = submission(language="en", published=PublicationTime.at(datetime(2024, 1, 1, tzinfo=UTC)), metadata={"b": 2})
    stored, _ = await submit(store, annotator, given)
    edited = await edit(store, stored.id, changes)
    assert getattr(edited.submission, field) == value
    assert edited.updated_at > stored.updated_at
    assert (edited.created_at, edited.revision, edited.annotation) == (stored.created_at, 1, stored.annotation)
    assert await fetch.article(store, stored.id) == edited
    assert annotator.texts_read == 1


async def test_an_edit_that_changes_nothing_leaves_no_trace(store: Store, annotator: DictionaryAnnotator) -> None:
    stored, _ = await submit(store, annotator, submission(url="https://example.org/"))
    assert await edit(store, stored.id, {"url": "https://example.org/"}) == stored
    assert await edit(store, stored.id, {}) == stored


async def test_an_edited_identity_is_the_one_that_counts(store: Store, annotator: DictionaryAnnotator) -> None:
    stored, _ = await submit(store, annotator, submission(external_id="old"))
    await edit(store, stored.id, {"external_id": "new"})
    found, created = await submit(store, annotator, submission(external_id="new"))
    assert (found.id, created) == (stored.id, False)
    _, created = await submit(store, annotator, submission(external_id="old"))
    assert created


async def test_an_edit_cannot_take_the_identity_of_another_article(store: Store, annotator: DictionaryAnnotator) -> None:
    other, _ = await submit(store, annotator, submission(BLAME, external_id="1"))
    stored, _ = await submit(store, annotator, submission(PRAISE, external_id="2"))
    with pytest.raises(ArticleConflict) as raised:
        await edit(store, stored.id, {"external_id": "1"})
    assert (raised.value.article_id, raised.value.fields) == (other.id, ("text",))
    assert await fetch.article(store, stored.id) == stored


async def test_a_conflict_of_otherwise_equal_articles_names_what_was_edited(store: Store, annotator: DictionaryAnnotator) -> None:
    other, _ = await submit(store, annotator, submission(publisher="P"))
    stored, _ = await submit(store, annotator, submission(publisher="Q"))
    with pytest.raises(ArticleConflict) as raised:
        await edit(store, stored.id, {"publisher": "P"})
    assert (raised.value.article_id, raised.value.fields) == (other.id, ("publisher",))


async def test_of_simultaneous_edits_to_one_identity_one_wins(store: Store, annotator: DictionaryAnnotator) -> None:
    stored = [(await submit(store, annotator, submission(external_id=str(number))))[0].id for number in range(8)]
    refused: list[str] = []

    async def rename(identifier: str) -> None:
        try:
            await edit(store, identifier, {"external_id": "wanted"})
        except ArticleConflict as conflict:
            refused.append(conflict.article_id)

    async with anyio.create_task_group() as tasks:
        for identifier in stored:
            tasks.start_soon(rename, identifier)
    assert len(refused) == 7
    assert len(set(refused)) == 1


async def test_an_edited_date_moves_the_stances_with_their_article(store: Store, annotator: DictionaryAnnotator) -> None:
    early, _ = await submit(store, annotator, submission(PRAISE, published=DAY))
    late, _ = await submit(store, annotator, submission(BLAME, published=PublicationTime.at(date(2024, 5, 7))))
    await edit(store, early.id, {"published": PublicationTime.at(date(2024, 5, 8))})
    found = await search.stances(store, Filter(), sort=Sort.PUBLISHED_AT, limit=10)
    assert [stance.article.id for stance in found.items] == [early.id, early.id, late.id, late.id]


async def test_only_what_may_be_edited_is_edited(store: Store) -> None:
    with pytest.raises(ValueError, match="text"):
        await edit(store, NOBODY, {"text": ArticleText("x")})


async def test_a_new_text_is_a_new_revision_annotated_anew(store: Store, annotator: DictionaryAnnotator) -> None:
    stored, _ = await submit(store, annotator, submission(PRAISE, title="Old", published=DAY))
    revised = await replace_text(store, annotator, stored.id, ArticleText(body=BLAME))
    assert (revised.revision, revised.submission.text) == (2, ArticleText(body=BLAME))
    assert revised.annotation is not None
    assert revised.annotation.revision == 2
    assert await fetch.article(store, stored.id) == revised
    assert sorted(await countries(store)) == ["BY", "DE"]


async def test_what_was_said_of_the_old_text_stays_readable(store: Store, annotator: DictionaryAnnotator) -> None:
    stored, _ = await submit(store, annotator, submission(PRAISE))
    revised = await replace_text(store, annotator, stored.id, ArticleText(body=BLAME))
    said = await fetch.annotations(store, stored.id, limit=10)
    assert said.items == (revised.annotation, stored.annotation)
    assert stored.annotation is not None
    assert await fetch.annotation(store, stored.annotation.id) == stored.annotation


async def test_no_list_finds_the_old_text_not_even_by_its_model(store: Store, annotator: DictionaryAnnotator) -> None:
    stored, _ = await submit(store, annotator, submission(PRAISE))
    newer = ScriptedAnnotator(version="newer@000000000002")
    await replace_text(store, newer, stored.id, ArticleText(body=BLAME))
    assert await countries(store, Filter(model=annotator.version)) == []
    assert (await search.articles(store, Filter(model=annotator.version), limit=10)).items == ()
    assert len((await search.articles(store, Filter(model=newer.version), limit=10)).items) == 1


async def test_the_same_text_again_makes_no_revision(store: Store, annotator: DictionaryAnnotator) -> None:
    stored, _ = await submit(store, annotator, submission(PRAISE, title="T"))
    assert await replace_text(store, annotator, stored.id, ArticleText(body=PRAISE, title="T")) == stored
    assert annotator.texts_read == 1


async def test_simultaneous_new_texts_are_numbered_one_after_the_other(store: Store, annotator: DictionaryAnnotator) -> None:
    stored, _ = await submit(store, annotator, submission("Kenya 0."))
    async with anyio.create_task_group() as tasks:
        for number in range(1, 9):
            tasks.start_soon(replace_text, store, annotator, stored.id, ArticleText(body=f"Kenya {number}."))
    assert (await fetch.article(store, stored.id)).revision == 9
    said = await fetch.annotations(store, stored.id, limit=10)
    assert sorted(each.revision for each in said.items) == list(range(1, 10))
    assert await countries(store) == ["KE"]


async def test_without_external_id_the_new_text_is_the_identity(store: Store, annotator: DictionaryAnnotator) -> None:
    stored, _ = await submit(store, annotator, submission(PRAISE))
    await replace_text(store, annotator, stored.id, ArticleText(body=BLAME))
    found, created = await submit(store, annotator, submission(BLAME))
    assert (found.id, created) == (stored.id, False)
    with pytest.raises(ArticleConflict):
        other, _ = await submit(store, annotator, submission(PRAISE))
        await replace_text(store, annotator, other.id, ArticleText(body=BLAME))


async def test_no_connection_is_held_while_the_new_text_is_read(store: Store, annotator: DictionaryAnnotator) -> None:
    held: list[int] = []
    stored, _ = await submit(store, annotator, submission(PRAISE))
    reader = ScriptedAnnotator(before=lambda: held.append(store.engine.pool.checkedout()))  # type: ignore[attr-defined]
    await replace_text(store, reader, stored.id, ArticleText(body=BLAME))
    assert held == [0]


async def test_an_article_deleted_while_its_new_text_is_read_stays_deleted(store: Store, annotator: DictionaryAnnotator) -> None:
    stored, _ = await submit(store, annotator, submission(PRAISE))

    class Slow(ScriptedAnnotator):
        async def annotate(self, *args: Any, **named: Any) -> Any:
            await remove(store, stored.id)
            return await super().annotate(*args, **named)

    with pytest.raises(ArticleNotFound):
        await replace_text(store, Slow(), stored.id, ArticleText(body=BLAME))


@pytest.mark.parametrize("identifier", [NOBODY, "nonsense", ""])
async def test_an_article_that_is_not_there_cannot_be_changed(
    store: Store, annotator: DictionaryAnnotator, identifier: str
) -> None:
    with pytest.raises(ArticleNotFound):
        await edit(store, identifier, {"url": None})
    with pytest.raises(ArticleNotFound):
        await replace_text(store, annotator, identifier, ArticleText(body=BLAME))
