"""What is derived of imported articles: as much as of posted ones, as soon as they are read."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from app.domain.records import Filter, StoredArticle, Submission
from app.domain.textquery import TextQuery
from app.domain.values import Annotation, ArticleStatus, ArticleText, CountryCode, JudgedBy, Stance, Verdict
from app.services import claim, complete, correct, end, fetch, plan, search
from app.services.submit import submit
from app.storage.claim_tables import ClaimStanceRow
from app.storage.database import Store
from app.storage.tables import ArticleRow, BandRow, RelationRow, SearchableRow, StanceRow
from tests.samples import submission
from tests.services.bulk import StillDispatcher, count, run_all, upload
from tests.twins import DictionaryAnnotator, DictionaryReader

pytestmark = pytest.mark.anyio

COLUMNS = [column.key for column in StanceRow.__table__.columns if not column.key.endswith("_id")]
DERIVED = ("status", "read_language", "published_order", "publisher", "language")
WIRE = " ".join(f"line {number} says what the minister of place {number} told France" for number in range(16))
COPY = WIRE.replace("line 7", "The seventh") + " Our reporters added this."
OTHER = " ".join(f"match {number} ended with goal {number} by player {number * 7} of Kenya" for number in range(16))
AGAINST = Verdict(CountryCode("KE"), present=True, stance=Stance.AGAINST)
NOWHERE = "The ministry denied that the bridge fell."
SAID = "Officials in Nairobi said that France praised Kenya."


class Newer(DictionaryAnnotator):
    """Another model version, which takes every text for another language."""

    version = "newer@000000000002"

    async def annotate(self, text: ArticleText, **options: Any) -> Annotation:
        said = await super().annotate(text, **options)
        return Annotation(self.version, "de", said.coverage, said.countries)


class Broken(DictionaryAnnotator):
    async def annotate(self, text: ArticleText, **options: Any) -> Annotation:
        raise RuntimeError("cannot read")


async def imported(store: Store, *given: Submission, annotator: DictionaryAnnotator | None = None) -> list[StoredArticle]:
    """Oldest first."""
    await upload(store, list(given))
    await run_all(store, annotator or DictionaryAnnotator())
    return await stored(store)


async def stored(store: Store) -> list[StoredArticle]:
    found = (await search.articles(store, Filter(), limit=200)).items
    return [await fetch.article(store, article.id) for article in reversed(found)]


async def found(store: Store, q: str) -> int:
    return len((await search.articles(store, Filter(q=TextQuery.parse(q)), limit=10)).items)


async def test_an_imported_article_is_stored_like_a_posted_one(store: Store) -> None:
    annotator = DictionaryAnnotator()
    await submit(store, annotator, submission(SAID, external_id="posted"))
    await imported(store, submission(SAID + " ", external_id="imported"))
    with store.reading() as session:
        one, other = session.scalars(select(ArticleRow).order_by(ArticleRow.id)).all()
        assert [getattr(one, name) for name in DERIVED] == [getattr(other, name) for name in DERIVED]
        assert one.duplicate_group == other.duplicate_group == one.id
        rows = {
            article_id: [
                {column: getattr(row, column) for column in COLUMNS}
                for row in session.scalars(select(StanceRow).where(StanceRow.article_id == article_id).order_by(StanceRow.rank))
            ]
            for article_id in (one.id, other.id)
        }
        assert rows[one.id] and rows[one.id] == rows[other.id]
        words = [row.words for row in session.scalars(select(SearchableRow).order_by(SearchableRow.number))]
        assert words[0] == words[1]


async def test_an_article_that_pends_is_listed_and_its_words_are_found_when_it_was_read(store: Store) -> None:
    await upload(store, [submission(SAID)])
    (pending,) = await stored(store)
    assert (pending.status, pending.annotation, await found(store, "nairobi")) == (ArticleStatus.PENDING, None, 0)
    await run_all(store, DictionaryAnnotator())
    assert await found(store, "nairobi") == await found(store, '"praised Kenya"') == 1


@pytest.mark.parametrize("at_once", [True, False])
async def test_near_duplicates_of_an_import_find_each_other_and_what_is_stored(store: Store, *, at_once: bool) -> None:
    await submit(store, DictionaryAnnotator(), submission(OTHER, publisher="Zero"))
    copies = [submission(text, publisher=name) for text, name in ((WIRE, "A"), (COPY, "B"), (OTHER, "C"), (WIRE, "D"))]
    for given in [copies] if at_once else [[each] for each in copies]:
        await imported(store, *given)
    zero, a, b, c, d = await stored(store)
    assert zero.duplicate_group == c.duplicate_group == zero.id
    assert a.duplicate_group == b.duplicate_group == d.duplicate_group == a.id
    with store.reading() as session:
        groups = dict(session.execute(select(StanceRow.article_id, StanceRow.duplicate_group)).all())
        assert all(
            str(group) == (zero.id if str(article_id) in (zero.id, c.id) else a.id) for article_id, group in groups.items()
        )


async def test_an_imported_article_that_names_no_country_is_compared_with_claims(store: Store) -> None:
    reader = DictionaryReader()
    await imported(store, submission(NOWHERE, external_id="before"))
    asked, _ = await claim.make(store, StillDispatcher(), reader, "The bridge fell", Filter())
    await run_all(store, DictionaryAnnotator(), claims=reader)
    assert (await claim.claim(store, asked.id)).counts.disagree == 1
    await upload(store, [submission(f"{NOWHERE} So it said.", external_id="after")])
    await run_all(store, DictionaryAnnotator(), claims=reader)
    assert (await claim.claim(store, asked.id)).counts.disagree == 2
    with store.reading() as session:
        assert session.scalars(select(StanceRow)).all() == []


@pytest.mark.parametrize("by", ["import", "post"])
async def test_all_that_is_said_of_an_article_learns_of_its_first_copy(store: Store, by: str) -> None:
    """Stances, relations and verdicts, or a copy of it counts twice where near-duplicates count once."""
    annotator, reader = DictionaryAnnotator(), DictionaryReader()
    wire = f"{WIRE}. Russia blamed France. The bridge fell."
    first, _ = await submit(store, annotator, submission(wire, publisher="A"))
    await claim.make(store, StillDispatcher(), reader, "The bridge fell", Filter())
    await run_all(store, annotator, claims=reader)
    copy = submission(f"{wire} More soon.", publisher="B")
    await (imported(store, copy) if by == "import" else submit(store, annotator, copy))
    await run_all(store, annotator, claims=reader)
    with store.reading() as session:
        for table in (StanceRow, RelationRow, ClaimStanceRow):
            told = session.execute(select(table.article_id, table.duplicate_group)).all()
            assert len({article_id for article_id, _ in told}) == 2, table
            assert {str(group) for _, group in told} == {first.id}, table


async def test_an_article_that_no_model_could_read_is_found_by_its_words_once(store: Store) -> None:
    (article,) = await imported(store, submission(SAID), annotator=Broken())
    assert (article.status, await found(store, "nairobi")) == (ArticleStatus.FAILED, 1)
    await imported(store, submission(SAID))
    assert (await stored(store))[0].status is ArticleStatus.ANNOTATED
    with store.reading() as session:
        assert len(session.scalars(select(SearchableRow)).all()) == 1


async def test_what_is_posted_while_it_pends_is_derived_once(store: Store) -> None:
    await upload(store, [submission(SAID)])
    article, created = await submit(store, DictionaryAnnotator(), submission(SAID))
    assert (created, article.status) == (False, ArticleStatus.ANNOTATED)
    await run_all(store, DictionaryAnnotator())
    with store.reading() as session:
        assert len(session.scalars(select(SearchableRow)).all()) == 1
        assert session.scalars(select(BandRow)).first() is not None


async def test_a_reviewers_word_on_a_pending_article_holds_when_it_is_read(store: Store) -> None:
    await upload(store, [submission(SAID)])
    (pending,) = await stored(store)
    annotator = DictionaryAnnotator()
    await correct.correct(store, annotator, pending.id, AGAINST, reviewer="r")
    await run_all(store, annotator)
    (listed,) = (await search.stances(store, Filter(countries=(CountryCode("KE"),)), limit=5)).items
    assert (listed.stance, listed.judged_by) == (Stance.AGAINST, JudgedBy.HUMAN)


async def test_a_reannotation_keeps_a_reviewers_word_and_what_it_learnt_of_the_language(store: Store) -> None:
    (article,) = await imported(store, submission(SAID))
    annotator = Newer()
    await correct.correct(store, annotator, article.id, AGAINST, reviewer="r")
    await plan.reannotate(store, StillDispatcher(), Filter(q=TextQuery.parse("nairobi")))
    await run_all(store, annotator)
    (listed,) = (await search.stances(store, Filter(countries=(CountryCode("KE"),)), limit=5)).items
    assert (listed.model, listed.stance, listed.judged_by) == (annotator.version, Stance.AGAINST, JudgedBy.HUMAN)
    with store.reading() as session:
        assert set(session.scalars(select(ArticleRow.read_language))) == {"de"}
        assert set(session.scalars(select(StanceRow.language))) == {"de"}
        assert len(session.scalars(select(SearchableRow)).all()) == 1


async def test_a_pending_article_that_an_older_version_changed_is_left_to_its_chunk(store: Store) -> None:
    await upload(store, [submission(SAID)])
    with store.transaction() as session:
        session.execute(update(ArticleRow).values(derived_at=None))
    assert await complete.complete(store) == 0
    await run_all(store, DictionaryAnnotator())
    assert await found(store, "nairobi") == 1
    assert await complete.complete(store) == 1
    assert (await found(store, "nairobi"), count(store, ArticleRow)) == (1, 1)


async def test_what_was_left_pending_by_a_cancelled_job_is_derived_by_the_next(store: Store) -> None:
    job = await upload(store, [submission(SAID)])
    await end.cancel(store, job.id)
    await run_all(store, DictionaryAnnotator())
    assert await found(store, "nairobi") == 0
    await imported(store, submission(SAID))
    assert await found(store, "nairobi") == 1
