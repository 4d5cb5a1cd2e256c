"""Whatever writes or changes what was said of an article does it to its relations too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from app.domain.errors import InvalidQuery
from app.domain.records import Filter, StanceCounts, StoredArticle, Submission
from app.domain.relations import RelationFilter
from app.domain.values import (
    Annotation,
    ArticleText,
    CountryCode,
    Evidence,
    Field,
    PublicationTime,
    Relation,
    Span,
    Stance,
    Verdict,
)
from app.services import complete, confront, correct, fetch, pairing, plan, revise, search
from app.services.activate import activate
from app.services.ingest import Ingested, ingest
from app.services.remove import remove
from app.services.submit import submit
from app.storage.database import Store
from app.storage.tables import ArticleRow, RelationRow, StanceRow
from tests.samples import ScriptedAnnotator, annotate_again, annotation, judgement, relation, submission
from tests.services.bulk import StillDispatcher, run_all, upload
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio

SAID = "China praised Kazakhstan for the pipeline, and Russia blamed China for its price, twice."
ALSO = "Kazakhstan welcomed Russia."
REPEATED = ("published_order", "day", "month", "publisher", "language", "duplicate_group", "shown", "model", "article_id")
"""What stances and relations of one annotation say alike."""
CN, RU = CountryCode("CN"), CountryCode("RU")


class Newer(DictionaryAnnotator):
    """Another model version, which takes every text for another language and finds no fault with anybody."""

    version = "newer@000000000002"

    async def annotate(self, text: ArticleText, **options: Any) -> Annotation:
        said = await super().annotate(text, **options)
        favors = tuple(relation for relation in said.relations if relation.stance is Stance.FAVOR)
        return Annotation(self.version, "de", said.coverage, said.countries, relations=favors)


async def seen(store: Store, **wanted: Any) -> list[str]:
    """Oldest article first, and of one the least probable."""
    found = (await search.relations(store, RelationFilter(**wanted), limit=50)).items
    return [f"{item.source} {item.stance} {item.target}" for item in reversed(found)]


def rows(store: Store) -> list[RelationRow]:
    with store.reading() as session:
        return list(
            session.scalars(select(RelationRow).order_by(RelationRow.article_id, RelationRow.annotation_id, RelationRow.rank))
        )


def agree(store: Store) -> None:
    """Each relation repeats of its article what the stances of its annotation do, and these what the article says."""
    with store.reading() as session:
        articles = {row.id: row for row in session.scalars(select(ArticleRow))}
        stances = {row.annotation_id: row for row in session.scalars(select(StanceRow))}
        found = session.scalars(select(RelationRow)).all()
    assert found
    for row in found:
        assert [getattr(row, name) for name in REPEATED] == [getattr(stances[row.annotation_id], name) for name in REPEATED]
        article = articles[row.article_id]
        told = (article.published_order, article.publisher, article.read_language, article.duplicate_group)
        assert (row.published_order, row.publisher, row.language, row.duplicate_group) == told


async def stored(store: Store, *, by: str, given: Sequence[Submission]) -> list[StoredArticle]:
    """Oldest first."""
    annotator = DictionaryAnnotator()
    if by == "post":
        return [(await submit(store, annotator, each))[0] for each in given]
    if by == "import":
        await upload(store, list(given))
        await run_all(store, annotator)
    else:
        outcomes = await ingest(store, [(each, await annotator.annotate(each.text)) for each in given])
        assert all(isinstance(outcome, Ingested) for outcome in outcomes)
    with store.reading() as session:
        identifiers = list(session.scalars(select(ArticleRow.id).order_by(ArticleRow.id)))
    return [await fetch.article(store, str(identifier)) for identifier in identifiers]


WAYS = ("post", "import", "ingest")
DAY = PublicationTime.at(date(2024, 5, 6))


@pytest.mark.parametrize("by", WAYS)
async def test_however_an_article_comes_its_relations_are_stored_with_it(store: Store, by: str) -> None:
    given = [submission(SAID, publisher="P", published=DAY, external_id="1"), submission(f"{SAID} {ALSO}", external_id="2")]
    first, second = await stored(store, by=by, given=given)
    assert sorted(await seen(store)) == sorted([*(["CN favor KZ", "RU against CN"] * 2), "KZ favor RU"])
    assert first.annotation and second.annotation
    assert len(first.annotation.annotation.relations) == 2 and len(second.annotation.annotation.relations) == 3
    # The second is a near-duplicate of the first, which was alone until it came.
    assert {str(row.duplicate_group) for row in rows(store)} == {first.id}
    agree(store)


async def test_what_two_ways_store_of_one_text_is_the_same(store: Store) -> None:
    for by in WAYS:
        await stored(store, by=by, given=[submission(SAID, external_id=by)])
    found = rows(store)
    plain = [
        [(row.rank, row.source, row.target, row.stance, row.probability, row.evidence, row.standing) for row in found[i::2]]
        for i in (0, 1)
    ]
    assert len(found) == 6
    assert all(each == of_one[0] for of_one in plain for each in of_one)


async def test_an_article_without_relations_has_no_rows(store: Store) -> None:
    await submit(store, DictionaryAnnotator(), submission("China slept."))
    assert rows(store) == []


async def test_an_annotation_gives_back_what_was_said(store: Store) -> None:
    said = [relation("CN", "RU", probability=0.8), relation("RU", "CN", Stance.AGAINST, probability=0.9)]
    annotator = ScriptedAnnotator({"x": [judgement("CN"), judgement("RU")]}, relations={"x": said})
    article, _ = await submit(store, annotator, submission("x"))
    read = (await fetch.article(store, article.id)).annotation
    assert read and read.annotation.relations == tuple(said)
    # The most probable comes first, in whatever order the model names them.
    assert await seen(store) == ["CN favor RU", "RU against CN"]


async def test_an_annotation_from_before_there_were_relations_stays_readable(store: Store) -> None:
    article, _ = await submit(store, DictionaryAnnotator(), submission(SAID))
    with store.transaction() as session:
        session.execute(text("UPDATE annotation SET relations = NULL"))
    read = (await fetch.article(store, article.id)).annotation
    assert read and read.annotation.relations == () and read.annotation.countries


async def test_what_is_edited_of_an_article_is_edited_of_its_relations(store: Store) -> None:
    article, _ = await submit(store, DictionaryAnnotator(), submission(SAID, publisher="P", published=DAY))
    later = PublicationTime.at(date(2025, 1, 2))
    await revise.edit(store, article.id, {"publisher": "Q", "published": later, "language": "fr"})
    assert {(row.publisher, row.language) for row in rows(store)} == {("Q", "fr")}
    agree(store)
    counted = await confront.matrix(store, RelationFilter(sources=(CN,), publisher="Q"))
    assert [pair.counts for pair in counted.pairs] == [StanceCounts(favor=1)]
    assert await seen(store, publisher="P") == []


async def test_a_new_text_has_its_own_relations_and_the_old_annotation_keeps_its_own(store: Store) -> None:
    annotator = DictionaryAnnotator()
    article, _ = await submit(store, annotator, submission(SAID))
    await revise.replace_text(store, annotator, article.id, ArticleText(body=ALSO))
    assert await seen(store) == ["KZ favor RU"]
    agree(store)
    old = (await fetch.annotations(store, article.id, limit=5)).items[1]
    assert len(old.annotation.relations) == 2
    await revise.replace_text(store, annotator, article.id, ArticleText(body="Nothing happened."))
    assert rows(store) == []


async def test_another_model_version_is_shown_instead_and_the_old_one_can_be_asked(store: Store) -> None:
    annotator, newer = DictionaryAnnotator(), Newer()
    await submit(store, annotator, submission(SAID))
    await plan.reannotate(store, StillDispatcher(), Filter())
    await run_all(store, newer)
    assert await seen(store) == ["CN favor KZ"]
    assert sorted(await seen(store, model=annotator.version)) == ["CN favor KZ", "RU against CN"]
    # Both repeat the language, which the newer found to be another.
    assert {row.language for row in rows(store)} == {"de"}
    agree(store)
    await activate(store, annotator)
    assert sorted(await seen(store)) == ["CN favor KZ", "RU against CN"]
    await activate(store, newer)
    assert await seen(store) == ["CN favor KZ"]


async def test_a_country_that_is_taken_away_stays_away_whatever_reads_the_article_later(store: Store) -> None:
    annotator = DictionaryAnnotator()
    article, _ = await submit(store, annotator, submission(SAID))
    made = await correct.correct(store, annotator, article.id, Verdict(RU, present=False))
    assert await seen(store) == ["CN favor KZ"]
    annotate_again(store, article, annotation(judgement("RU"), relations=[relation("RU", "CN"), relation("CN", "KZ")]))
    assert await seen(store) == ["CN favor KZ"]
    await revise.replace_text(store, annotator, article.id, ArticleText(body=f"{SAID} {ALSO}"))
    assert await seen(store) == ["CN favor KZ"]
    assert len(await seen(store, judged_by="model")) == 3
    await correct.revoke(store, article.id, made.id)
    assert len(await seen(store)) == 3


async def test_a_deleted_article_leaves_no_relation(store: Store) -> None:
    article, _ = await submit(store, DictionaryAnnotator(), submission(SAID))
    await submit(store, DictionaryAnnotator(), submission(ALSO))
    await remove(store, article.id)
    assert await seen(store) == ["KZ favor RU"]


async def test_what_an_older_version_changed_is_made_whole(store: Store) -> None:
    """0.1.0 knows nothing of relations: it edits an article, and annotates another text of it, past them."""
    article, _ = await submit(store, DictionaryAnnotator(), submission(SAID, publisher="P"))
    await correct.correct(store, DictionaryAnnotator(), article.id, Verdict(RU, present=False))
    with store.transaction() as session:
        session.execute(update(RelationRow).values(publisher="Q", shown=False, rank=RelationRow.rank + 10))
        session.execute(update(ArticleRow).values(derived_at=None))
    assert await complete.complete(store) == 1
    assert [(row.rank, row.publisher, row.shown) for row in rows(store)] == [(0, "P", True), (1, "P", True)]
    assert await seen(store) == ["CN favor KZ"]


async def test_a_page_is_one_statement_and_so_is_a_matrix(store: Store, statements: list[str]) -> None:
    await submit(store, DictionaryAnnotator(), submission(SAID))
    both = RelationFilter(sources=(CN, RU), targets=(CN,), publisher="P")
    for wanted in (RelationFilter(), both):
        for ask in (search.relations(store, wanted, limit=1), confront.matrix(store, wanted)):
            statements.clear()
            await ask
            assert [statement.split()[0] for statement in statements if statement != "BEGIN"] == ["SELECT"]


@pytest.mark.parametrize("limit", [-1, 0, 1_001])
async def test_a_matrix_of_no_or_too_many_pairs_is_refused(store: Store, limit: int) -> None:
    with pytest.raises(InvalidQuery, match="limit"):
        await confront.matrix(store, RelationFilter(), limit=limit)


@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("CD"), st.sampled_from("mn"), st.integers(0, 5), st.integers(0, 5)))
)
def test_nothing_that_is_counted_is_lost_in_the_folding(counted: list[tuple[str, str, str, int, int]]) -> None:
    total = sum(favor + against for *_, favor, against in counted)
    for limit in (1, 4):
        found = pairing.matrix(counted, None, limit=limit)
        assert sum(pair.counts.n for pair in found.pairs) + found.left_out.n == sum(found.models.values()) == total
        assert len(found.pairs) + found.left_out.pairs == len({(source, target) for source, target, *_ in counted})


def test_a_relation_refuses_nonsense() -> None:
    evidence = Evidence(Field.TEXT, Span(0, 1), "x", Stance.FAVOR, 0.5)
    for source, target, stance, probability in (
        (CN, CN, Stance.FAVOR, 0.5),
        (CN, RU, Stance.NEUTRAL, 0.5),
        (CN, RU, Stance.FAVOR, 1.1),
        (CN, RU, Stance.FAVOR, float("nan")),
    ):
        with pytest.raises(ValueError, match=r"no (relation|probability)"):
            Relation(source, target, stance, probability, evidence)
    once = relation("CN", "RU")
    with pytest.raises(ValueError, match="twice"):
        annotation(relations=[once, replace(once, probability=0.1)])
