"""Many articles in one transaction leave what the same articles leave one by one."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from app.domain.errors import ArticleConflict
from app.domain.records import StoredArticle
from app.domain.values import Annotation
from app.services import fetch
from app.services.condense import add_up
from app.services.ingest import MOST, Given, Ingested, ingest
from app.services.submit import submit
from app.storage.database import Store
from app.storage.tables import ArticleRow, Base, StanceRow
from benchmarks.queries.corpus import Corpus
from tests.samples import ScriptedAnnotator, annotation, judgement, submission

pytestmark = pytest.mark.anyio

DERIVED = {"id", "annotation_id", "article_id", "created_at", "updated_at", "derived_at", "number", "duplicate_group"}
"""What is different in every run: ids and times. Groups are compared by who shares them."""


def one(text: str, **fields: Any) -> Given:
    return submission(text, **fields), annotation(judgement("CN"), judgement("FR"))


class Saying(ScriptedAnnotator):
    """Says one thing, whatever it is given."""

    def __init__(self, said: Annotation) -> None:
        super().__init__(version=said.model)
        self.said = said

    async def annotate(self, *_: Any, **__: Any) -> Annotation:
        return self.said


def contents(store: Store) -> dict[str, list[dict[str, Any]]]:
    """All tables, without what is different in every run."""
    with store.transaction() as session:
        add_up(session)
    with store.reading() as session:
        return {
            table.name: sorted(
                (
                    {name: value for name, value in row._mapping.items() if name not in DERIVED}
                    for row in session.execute(select(table))
                ),
                key=repr,
            )
            for table in Base.metadata.sorted_tables
        }


def groups(store: Store) -> set[frozenset[str | None]]:
    with store.reading() as session:
        rows = session.execute(select(ArticleRow.external_id, ArticleRow.duplicate_group)).all()
        stances = session.execute(
            select(ArticleRow.duplicate_group, StanceRow.duplicate_group).join(StanceRow, StanceRow.article_id == ArticleRow.id)
        ).all()
    assert all(of_article == of_stance for of_article, of_stance in stances)
    together: dict[Any, set[str | None]] = {}
    for name, group in rows:
        if group is not None:
            together.setdefault(group, set()).add(name)
    return {frozenset(names) for names in together.values()}


async def submitted(store: Store, given: list[Given]) -> None:
    for each, said in given:
        await submit(store, Saying(said), each)


def clear(store: Store) -> None:
    with store.transaction() as session:
        session.execute(delete(ArticleRow))


async def test_a_batch_leaves_the_same_rows_as_single_submissions(store: Store) -> None:
    made = list(Corpus(seed=3).articles(60))
    first, rest = made[:20], made[20:]
    await submitted(store, made)
    expected, together = contents(store), groups(store)
    assert together, "the corpus has copies"
    clear(store)
    assert not any(contents(store).values())
    await ingest(store, first)
    assert all(isinstance(outcome, Ingested) and outcome.created for outcome in await ingest(store, rest))
    assert groups(store) == together
    assert contents(store) == expected


async def test_what_was_loaded_can_be_fetched(store: Store) -> None:
    ((given, said),) = Corpus(seed=1).articles(1)
    (outcome,) = await ingest(store, [(given, said)])
    assert isinstance(outcome, Ingested)
    found: StoredArticle = await fetch.article(store, outcome.article_id)
    assert found.submission == given
    assert found.annotation is not None and found.annotation.annotation == said


async def test_a_repetition_is_the_same_article_and_a_conflict_keeps_nobody_out(store: Store) -> None:
    await ingest(store, [one("stored", external_id="1")])
    given = [
        one("new", external_id="2"),
        one("stored", external_id="1"),
        one("another", external_id="1"),
        one("new", external_id="2"),
        one("newer", external_id="2"),
        one("newest", external_id="3"),
    ]
    created, known, conflict, again, in_batch, last = await ingest(store, given)
    assert (
        isinstance(created, Ingested)
        and isinstance(known, Ingested)
        and isinstance(again, Ingested)
        and isinstance(last, Ingested)
    )
    assert (created.created, known.created, again.created, last.created) == (True, False, False, True)
    assert again.article_id == created.article_id
    assert isinstance(conflict, ArticleConflict) and conflict.fields == ("text",) and conflict.article_id == known.article_id
    assert isinstance(in_batch, ArticleConflict) and in_batch.article_id == created.article_id
    assert len(contents(store)["article"]) == 3


async def test_nothing_is_stored_when_a_batch_fails_in_the_middle(store: Store) -> None:
    broken = submission("bad", external_id="\0" if store.engine.dialect.name == "postgresql" else object())
    with pytest.raises(Exception):  # noqa: B017  (each driver has its own)
        await ingest(store, [one("good"), (broken, annotation(judgement("CN")))])
    assert contents(store)["article"] == []


async def test_batches_at_the_same_time_store_each_article_once(store: Store) -> None:
    given = [one(f"text {number} of many", external_id=str(number)) for number in range(40)]
    outcomes: list[Any] = []

    async def run(some: list[Given]) -> None:
        outcomes.extend(await ingest(store, some))

    async with anyio.create_task_group() as group:
        for start in (0, 10, 20, 5):
            group.start_soon(run, given[start : start + 20])
    assert sum(outcome.created for outcome in outcomes) == len(contents(store)["article"]) == 40


async def test_an_empty_batch_is_nothing_and_too_many_are_refused(store: Store) -> None:
    assert await ingest(store, []) == ()
    with pytest.raises(ValueError):
        await ingest(store, [one("x")] * (MOST + 1))


texts = st.lists(st.sampled_from(["a b c d e f g h", "a b c d e f g h i", "x y z", "", "🙂", "a b c d e f g h i j"]), max_size=8)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(texts, st.integers(0, 8))
async def test_groups_do_not_depend_on_how_articles_came(store: Store, made: list[str], cut: int) -> None:
    given = [one(text, external_id=str(number)) for number, text in enumerate(made)]
    await submitted(store, given)
    expected = groups(store)
    clear(store)
    await ingest(store, given[:cut])
    await ingest(store, given[cut:])
    assert groups(store) == expected
    clear(store)
