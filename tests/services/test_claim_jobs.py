"""The work of claims: stopped, failed, tried again, done twice at once, and always in the end done once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domain.claim_records import StoredClaim
from app.domain.claims import ClaimVerdict
from app.domain.jobs import CHUNK, ChunkState, JobState
from app.domain.records import Filter
from app.domain.values import ArticleText
from app.services import claim, end, follow, gate, queue, retry, watch, work
from app.services.attempts import MOST_ATTEMPTS
from app.services.ingest import ingest
from app.services.submit import submit
from app.services.watch import Watch
from app.services.work import Work
from app.storage.claim_tables import ClaimRow, ClaimStanceRow
from app.storage.database import Store
from app.storage.job_tables import ChunkRow
from app.storage.tables import ArticleRow, UncomparedRow, VectorsRow
from tests.samples import submission
from tests.services.bulk import StillDispatcher, run_all, upload
from tests.twins import DictionaryAnnotator, DictionaryReader

pytestmark = pytest.mark.anyio

TEXT = "Kazakhstan closed its border"
ANNOTATOR = DictionaryAnnotator()


class Choosy(DictionaryReader):
    """Raises on every text with the word poison, until it is cured."""

    poison = "poison"

    async def judge(self, claims: Sequence[str], text: ArticleText, *, bulk: bool = False) -> Sequence[ClaimVerdict]:
        if self.poison and self.poison in text.body:
            raise RuntimeError(f"cannot read {text.body}")
        return await super().judge(claims, text, bulk=bulk)


async def stored(store: Store, count: int, *, word: str = "Kazakhstan closed its border", start: int = 0) -> None:
    given = [submission(f"{word}, report {number}.", external_id=f"{word} {number}") for number in range(start, start + count)]
    await ingest(store, [(each, await ANNOTATOR.annotate(each.text)) for each in given])


async def made(store: Store, reader: DictionaryReader, text: str = TEXT) -> StoredClaim:
    return (await claim.make(store, StillDispatcher(), reader, text, Filter()))[0]


def rows(store: Store, table: Any, *conditions: Any) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


async def test_articles_that_are_held_off_cost_no_row_and_no_chunk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "AT_ONCE", 16)
    await stored(store, 40, word="Rain fell on Tuesday")
    await stored(store, 3)
    reader = DictionaryReader()
    one = await made(store, reader)
    await run_all(store, ANNOTATOR, claims=reader)
    ended = await claim.claim(store, one.id)
    assert (ended.gate.considered, ended.gate.held_off, ended.counts.n) == (43, 40, 3)
    assert (rows(store, ClaimStanceRow), rows(store, ChunkRow), len(reader.read)) == (3, 2, 3)


async def test_a_long_claim_is_cut_into_chunks(store: Store) -> None:
    await stored(store, CHUNK + 10)
    reader = DictionaryReader()
    one = await made(store, reader)
    await run_all(store, ANNOTATOR, claims=reader)
    ended = await claim.claim(store, one.id)
    assert (ended.job.state, ended.job.progress.done, ended.counts.agree) == (JobState.FINISHED, CHUNK + 10, CHUNK + 10)
    assert rows(store, ChunkRow) == 3


async def test_what_cannot_be_read_is_a_failure_of_the_job_and_no_fault_of_the_article(store: Store) -> None:
    await stored(store, 4)
    await stored(store, 1, word="A poison: Kazakhstan closed its border")
    reader = Choosy()
    # Nothing waits to be compared any more, so that only the claim's own job finds these articles.
    await run_all(store, ANNOTATOR, claims=reader)
    one = await made(store, reader)
    await run_all(store, ANNOTATOR, claims=reader)
    ended = await follow.job(store, one.job.id)
    assert (ended.state, ended.progress.done, ended.progress.failed) == (JobState.FINISHED, 4, 1)
    (failure,) = (await follow.failures(store, one.job.id, limit=10)).items
    assert failure.reason == "the annotator failed with RuntimeError" and failure.line > 0
    with store.reading() as session:
        assert set(session.scalars(select(ArticleRow.status))) == {"annotated"}
    reader.poison = ""
    await retry.retry(store, StillDispatcher(), one.job.id)
    await run_all(store, ANNOTATOR, claims=reader)
    ended = await follow.job(store, one.job.id)
    assert (ended.state, ended.progress.done, ended.progress.failed) == (JobState.FINISHED, 5, 0)
    assert (await claim.claim(store, one.id)).counts.agree == 5


async def test_articles_that_come_later_and_cannot_be_read_get_places_of_their_own(store: Store) -> None:
    reader = Choosy()
    one = await made(store, reader)
    await run_all(store, ANNOTATOR, claims=reader)
    await stored(store, 3, word="A poison: Kazakhstan closed its border")
    await run_all(store, ANNOTATOR, claims=reader)
    found = (await follow.failures(store, one.job.id, limit=10)).items
    assert [failure.line for failure in found] == [1, 2, 3]
    reader.poison = ""
    await retry.retry(store, StillDispatcher(), one.job.id)
    await run_all(store, ANNOTATOR, claims=reader)
    assert ((await follow.job(store, one.job.id)).progress.failed, (await claim.claim(store, one.id)).counts.agree) == (0, 3)


async def test_a_cancelled_claim_goes_on_where_it_was(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "AT_ONCE", 8)
    await stored(store, 20)
    reader, stops = DictionaryReader(), [False, True]
    await run_all(store, ANNOTATOR, claims=reader)
    one = await made(store, reader)
    bench = Work(store, ANNOTATOR, StillDispatcher(), lambda: stops.pop(0) if stops else True, claims=reader)
    (planning,) = await queue.unfinished(store)
    await work.run(bench, planning.chunk_id)
    assert (await claim.claim(store, one.id)).gate.considered in (8, 16)
    cancelled = await end.cancel(store, one.job.id)
    assert cancelled.state is JobState.CANCELLED
    await run_all(store, ANNOTATOR, claims=reader)
    assert (await claim.claim(store, one.id)).counts.n == 0
    await retry.retry(store, StillDispatcher(), one.job.id)
    await run_all(store, ANNOTATOR, claims=reader)
    ended = await claim.claim(store, one.id)
    assert (ended.job.state, ended.gate.considered, ended.counts.agree) == (JobState.FINISHED, 20, 20)


async def test_a_chunk_that_is_run_twice_at_once_stores_each_verdict_once(store: Store) -> None:
    await stored(store, 30)
    reader = DictionaryReader()
    one = await made(store, reader)
    bench = Work(store, ANNOTATOR, StillDispatcher(), claims=reader)
    (planning,) = await queue.unfinished(store)
    await asyncio.gather(*(work.run(bench, planning.chunk_id) for _ in range(3)))
    (reading,) = await queue.unfinished(store)
    await asyncio.gather(*(work.run(bench, reading.chunk_id) for _ in range(3)))
    ended = await claim.claim(store, one.id)
    assert (ended.gate.considered, ended.counts.agree, ended.job.progress.done) == (30, 30, 30)


async def test_two_that_watch_at_once_have_each_article_read_once(store: Store) -> None:
    reader = DictionaryReader()
    one = await made(store, reader)
    await run_all(store, ANNOTATOR, claims=reader)
    await stored(store, 25)
    await asyncio.gather(*(Watch(store, reader, StillDispatcher()).look() for _ in range(4)))
    assert rows(store, UncomparedRow) == 0
    with store.reading() as session:
        waiting = session.scalars(select(ChunkRow.size).where(ChunkRow.state == ChunkState.WAITING)).all()
    assert sum(waiting) == 25
    await run_all(store, ANNOTATOR, claims=reader)
    assert (await claim.claim(store, one.id)).counts.agree == 25


async def test_an_article_that_was_stored_just_before_the_claim_is_read_once(store: Store) -> None:
    reader = DictionaryReader()
    await stored(store, 5)
    one = await made(store, reader)
    # Its job finds them, and so does the look at what came in.
    await Watch(store, reader, StillDispatcher()).look()
    await run_all(store, ANNOTATOR, claims=reader)
    assert (await claim.claim(store, one.id)).counts.agree == 5 and len(reader.read) == 5


async def test_a_claim_that_is_made_while_articles_wait_gets_them(store: Store) -> None:
    reader = DictionaryReader()
    looking = Watch(store, reader, StillDispatcher())
    first = await made(store, reader)
    await stored(store, 2)
    await looking.look()
    # What is remembered is of one claim; the next look has to know two.
    second = await made(store, reader, "The border of Kazakhstan was closed")
    await stored(store, 2, start=2)
    await looking.look()
    await run_all(store, ANNOTATOR, claims=reader)
    assert [(await claim.claim(store, each.id)).counts.agree for each in (first, second)] == [4, 4]


async def test_articles_cost_no_statement_more_for_more_claims(store: Store, statements: list[str]) -> None:
    reader = DictionaryReader()
    looking, counts = Watch(store, reader, StillDispatcher()), []
    for claims in (1, 30):
        for number in range(claims):
            await made(store, reader, f"Nobody ever wrote this sentence {claims} {number}")
        await looking.look()
        await stored(store, 1, start=claims)
        await looking.look()
        await stored(store, 1, start=100 + claims)
        statements.clear()
        await looking.look()
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 8


async def test_storing_an_article_writes_its_vectors_and_a_note_and_asks_nothing(store: Store, statements: list[str]) -> None:
    statements.clear()
    article, _ = await submit(store, ANNOTATOR, submission("Kazakhstan closed its border."))
    assert not [statement for statement in statements if "claim" in statement]
    with store.reading() as session:
        row = session.scalars(select(VectorsRow)).one()
        assert (row.article_id, row.model, row.revision) == (UUID(article.id), ANNOTATOR.version, 1)
        assert row.vectors == (await ANNOTATOR.annotate(article.submission.text)).vectors
        assert session.scalars(select(UncomparedRow.article_id)).all() == [UUID(article.id)]


async def test_an_import_writes_vectors_too(store: Store) -> None:
    await upload(store, [submission(f"Kazakhstan closed its border {number}.") for number in range(5)])
    await run_all(store, ANNOTATOR)
    assert (rows(store, VectorsRow), rows(store, UncomparedRow)) == (5, 5)


async def test_what_another_version_compares_waits_for_it(store: Store) -> None:
    class Newer(DictionaryReader):
        vectors_of = "newer@000000000000"

    await stored(store, 3)
    newer, older = Newer(), DictionaryReader()
    await Watch(store, newer, StillDispatcher()).look()
    assert rows(store, UncomparedRow) == 3
    await Watch(store, older, StillDispatcher()).look()
    assert rows(store, UncomparedRow) == 0


async def test_claims_get_vectors_that_a_new_version_can_compare(store: Store) -> None:
    class Newer(DictionaryReader):
        vectors_of = "newer@000000000000"

    one = await made(store, DictionaryReader())
    await watch.renew(store, Newer())
    with store.reading() as session:
        assert session.scalars(select(ClaimRow.vectors_of).where(ClaimRow.id == UUID(one.id))).one() == Newer.vectors_of
    await watch.renew(store, None)


async def test_a_process_without_a_reader_leaves_the_chunk_to_another(store: Store) -> None:
    await stored(store, 1)
    reader = DictionaryReader()
    one = await made(store, reader)
    (planning,) = await queue.unfinished(store)
    await work.run(Work(store, ANNOTATOR, StillDispatcher()), planning.chunk_id)
    with store.reading() as session:
        row = session.scalars(select(ChunkRow)).one()
    assert (row.state, row.attempts, row.deaths) == (ChunkState.WAITING, 0, 0) and row.attempts < MOST_ATTEMPTS
    await run_all(store, ANNOTATOR, claims=reader)
    assert (await claim.claim(store, one.id)).counts.agree == 1


async def test_without_claims_the_notes_are_dropped_and_with_one_they_are_kept(store: Store) -> None:
    await stored(store, 3)
    await watch.forget_needless(store)
    assert rows(store, UncomparedRow) == 0
    await made(store, DictionaryReader())
    await stored(store, 3, start=3)
    await watch.forget_needless(store)
    assert rows(store, UncomparedRow) == 3


async def test_the_same_claim_made_by_many_at_once_is_one(store: Store) -> None:
    reader = DictionaryReader()
    found = await asyncio.gather(*(claim.make(store, StillDispatcher(), reader, TEXT, Filter()) for _ in range(6)))
    assert len({each.id for each, _ in found}) == 1 and sum(created for _, created in found) == 1
    assert rows(store, ClaimRow) == 1
