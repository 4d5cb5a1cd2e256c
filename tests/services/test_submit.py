from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import anyio
import pytest
from sqlalchemy import func, select

from app.domain.errors import ArticleConflict, UnsupportedLanguage
from app.domain.records import Filter, StoredArticle, Submission
from app.domain.values import Annotation, ArticleStatus, ArticleText, PublicationTime, Stance
from app.services import fetch, search
from app.services.submit import submit
from app.storage.database import Store
from app.storage.tables import AnnotationRow, ArticleRow, Base, RevisionRow, StanceRow
from tests.samples import BLAME, PRAISE, ScriptedAnnotator, judgement, submission
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio

FULL = submission(
    "Ünïcode — 🙂 and e\u0301: " + PRAISE,
    title="Courts of Kenya",
    external_id="a-1",
    url="https://example.org/a-1",
    publisher="The Steppe Herald",
    published=PublicationTime.at(datetime(2024, 2, 29, 23, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-5)))),
    language="en",
    metadata={"section": "world", "n": [1, 1.0, 1e22, -0.0, True, None], "é": {"🙂": "\u2028"}},
)


def rows(store: Store, table: type[Base]) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


async def test_what_is_stored_is_what_was_submitted(store: Store, annotator: DictionaryAnnotator) -> None:
    stored, created = await submit(store, annotator, FULL)
    assert created
    assert stored.submission == FULL
    assert (stored.revision, stored.status) == (1, ArticleStatus.ANNOTATED)
    assert stored.annotation is not None
    assert [judged.country for judged in stored.annotation.annotation.countries] == ["KE", "FR"]
    assert await fetch.article(store, stored.id) == stored
    assert await fetch.annotation(store, stored.annotation.id) == stored.annotation


async def test_all_that_an_annotation_says_is_kept(store: Store) -> None:
    said = (judgement("KZ", Stance.FAVOR, salience=0.9), judgement("CN", None, salience=0.25, probability=0.34))
    stored, _ = await submit(store, ScriptedAnnotator({PRAISE: said}), submission())
    found = (await fetch.article(store, stored.id)).annotation
    assert found is not None
    assert found.annotation.countries == said


async def test_an_article_about_no_country_is_stored_too(store: Store) -> None:
    stored, _ = await submit(store, ScriptedAnnotator(), submission("Nothing of note."))
    assert (await fetch.article(store, stored.id)).status is ArticleStatus.ANNOTATED
    assert rows(store, StanceRow) == 0


async def test_the_same_article_again_is_found_and_not_read_again(store: Store, annotator: DictionaryAnnotator) -> None:
    stored, _ = await submit(store, annotator, FULL)
    again, created = await submit(store, annotator, FULL)
    assert (again, created) == (stored, False)
    assert annotator.texts_read == 1


async def test_twenty_simultaneous_submissions_make_one_article(store: Store, annotator: DictionaryAnnotator) -> None:
    results: list[tuple[StoredArticle, bool]] = []

    async def post() -> None:
        results.append(await submit(store, annotator, FULL))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(post)
    assert sorted(created for _, created in results) == [False] * 19 + [True]
    assert len({article.id for article, _ in results}) == 1
    assert [rows(store, table) for table in (ArticleRow, RevisionRow, AnnotationRow, StanceRow)] == [1, 1, 1, 2]


async def test_twenty_different_articles_with_one_identity_make_one_and_nineteen_conflicts(
    store: Store, annotator: DictionaryAnnotator
) -> None:
    outcomes: list[object] = []

    async def post(number: int) -> None:
        try:
            outcomes.append(await submit(store, annotator, replace(FULL, url=f"https://example.org/{number}")))
        except ArticleConflict as conflict:
            outcomes.append(conflict.fields)

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(post, number)
    assert outcomes.count(("url",)) == 19
    assert rows(store, ArticleRow) == 1


async def test_a_new_article_takes_few_statements(store: Store, annotator: DictionaryAnnotator, statements: list[str]) -> None:
    await submit(store, annotator, submission())
    statements.clear()
    await submit(store, annotator, FULL)
    # On PostgreSQL the insertions go to the driver itself, in one trip.
    reads = ["BEGIN", "SELECT", "BEGIN", "SELECT"] if store.engine.dialect.name == "sqlite" else ["SELECT"] * 3
    # Article, text, annotation, vectors, what waits to be compared, stances, relations, words and bands: one each.
    writes = ["INSERT"] * 9 if store.engine.dialect.name == "sqlite" else []
    assert [statement.split()[0] for statement in statements] == reads + writes


@pytest.mark.parametrize("change", [{}, {"url": None}])
async def test_an_article_that_another_stores_meanwhile_is_found(store: Store, change: dict[str, Any]) -> None:
    other: list[StoredArticle] = []

    class Slow(DictionaryAnnotator):
        async def annotate(self, text: ArticleText, **options: Any) -> Annotation:
            if not other:
                other.append((await submit(store, DictionaryAnnotator(), replace(FULL, **change)))[0])
            return await super().annotate(text, **options)

    if change:
        with pytest.raises(ArticleConflict):
            await submit(store, Slow(), FULL)
    else:
        assert await submit(store, Slow(), FULL) == (other[0], False)
    assert [rows(store, table) for table in (ArticleRow, RevisionRow, AnnotationRow, StanceRow)] == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": ArticleText(body=FULL.text.body + " ", title=FULL.text.title)}, "text"),
        ({"text": ArticleText(body=FULL.text.body, title=None)}, "title"),
        ({"url": None}, "url"),
        ({"published": PublicationTime.at(date(2024, 3, 1))}, "published_at"),
        ({"language": None}, "language"),
        ({"metadata": {**FULL.metadata, "n": [1, 1.0, 1e22, -0.0, 1, None]}}, "metadata"),
        ({"metadata": {}}, "metadata"),
    ],
)
async def test_any_difference_is_a_conflict_that_names_it(
    store: Store, annotator: DictionaryAnnotator, change: dict[str, Any], field: str
) -> None:
    stored, _ = await submit(store, annotator, FULL)
    with pytest.raises(ArticleConflict) as raised:
        await submit(store, annotator, replace(FULL, **change))
    assert (raised.value.article_id, raised.value.fields) == (stored.id, (field,))


async def test_the_same_moment_with_another_offset_is_no_difference(store: Store, annotator: DictionaryAnnotator) -> None:
    await submit(store, annotator, FULL)
    in_utc = PublicationTime.at(datetime(2024, 3, 1, 4, 30, 0, 123456, tzinfo=UTC))
    _, created = await submit(store, annotator, replace(FULL, published=in_utc))
    assert not created


IDENTITIES = [
    submission(PRAISE),
    submission(PRAISE, title="A title"),
    submission(BLAME),
    submission(PRAISE, publisher="P"),
    submission(PRAISE, publisher=""),
    submission(PRAISE, external_id="1"),
    submission(PRAISE, external_id=""),
    submission(PRAISE, external_id="1", publisher="P"),
    submission(PRAISE, external_id="P", publisher="1"),
    submission(PRAISE, external_id="1", publisher="p"),
]


async def test_identity_is_publisher_and_external_id_or_else_publisher_and_text(
    store: Store, annotator: DictionaryAnnotator
) -> None:
    made = [await submit(store, annotator, each) for each in IDENTITIES]
    assert all(created for _, created in made)
    again = [await submit(store, annotator, each) for each in IDENTITIES]
    assert [article.id for article, _ in again] == [article.id for article, _ in made]


async def test_the_database_itself_refuses_a_second_row_of_an_identity(store: Store, annotator: DictionaryAnnotator) -> None:
    for each in IDENTITIES:
        await submit(store, annotator, each)
    with store.reading() as session:
        assert len(set(session.scalars(select(ArticleRow.identity)))) == len(IDENTITIES)


async def test_what_the_annotator_refuses_is_not_stored(store: Store, annotator: DictionaryAnnotator) -> None:
    with pytest.raises(UnsupportedLanguage):
        await submit(store, annotator, submission(language="de"))
    assert rows(store, ArticleRow) == 0


async def test_no_connection_is_held_while_inference_runs(store: Store) -> None:
    held: list[int] = []
    await submit(store, ScriptedAnnotator(before=lambda: held.append(store.engine.pool.checkedout())), submission())  # type: ignore[attr-defined]
    assert held == [0]


async def test_an_answer_means_that_the_row_is_committed(store: Store, database_url: str, annotator: DictionaryAnnotator) -> None:
    stored, _ = await submit(store, annotator, FULL)
    elsewhere = Store(database_url)
    assert await fetch.article(elsewhere, stored.id) == stored
    assert len((await search.stances(elsewhere, Filter(), limit=10)).items) == 2
    elsewhere.close()


def test_a_submission_is_a_value() -> None:
    assert submission() == Submission(text=ArticleText(body=PRAISE))
