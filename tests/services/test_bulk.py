"""Bulk work from the first line to the last annotation, on both databases, without HTTP and without a dispatcher."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.errors import IdempotencyConflict, JobConflict, JobNotFound
from app.domain.jobs import CHUNK, ChunkState, FailureKind, JobState, Priority, StoredJob
from app.domain.records import Filter
from app.domain.values import Annotation, ArticleStatus, ArticleText
from app.services import attempts, end, follow, plan, reading, receive, retry
from app.services.fetch import article as fetch_article
from app.services.submit import submit
from app.storage.database import Store
from app.storage.job_tables import ChunkRow, FailureRow
from app.storage.tables import AnnotationRow, ArticleRow
from tests.samples import submission
from tests.services.bulk import StillDispatcher, annotated_twice, articles, count, run_all, slices, upload, whole
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio


class Choosy(DictionaryAnnotator):
    """Raises on every text with the word poison, until it is cured."""

    poison = "poison"

    async def annotate(self, text: ArticleText, **options: Any) -> Annotation:
        if self.poison and self.poison in text.body:
            raise RuntimeError(f"cannot read {text.body}")
        return await super().annotate(text, **options)


async def state(store: Store, job: StoredJob) -> StoredJob:
    return await follow.job(store, job.id)


async def test_every_line_is_stored_annotated_and_counted(store: Store) -> None:
    job = await upload(store, articles(300))
    assert (job.state, job.received, job.progress.total, job.progress.created) == (JobState.RUNNING, 300, 300, 300)
    assert job.progress.done == 0
    await run_all(store, DictionaryAnnotator())
    ended = await state(store, job)
    assert (ended.state, ended.progress.done, ended.progress.failed) == (JobState.FINISHED, 300, 0)
    assert ended.finished_at and ended.progress.rate and ended.progress.remaining == 0
    assert (count(store, ArticleRow), count(store, AnnotationRow)) == (300, 300)
    with store.reading() as session:
        assert set(session.scalars(select(ArticleRow.status))) == {ArticleStatus.ANNOTATED}


async def test_an_article_whose_copy_cannot_be_read_shares_a_group_with_it(store: Store) -> None:
    text = "France praised the new rail line across the border while others were still counting what it had cost them all."
    job = await upload(store, [submission(text, external_id="a"), submission(text, external_id="b", language="fr")])
    await run_all(store, DictionaryAnnotator())
    assert ((await state(store, job)).progress.done, (await state(store, job)).progress.failed) == (1, 1)
    with store.reading() as session:
        groups = set(session.scalars(select(ArticleRow.duplicate_group)))
    assert len(groups) == 1 and groups != {None}


async def test_one_bad_line_stops_nothing_and_is_named(store: Store) -> None:
    contents = [
        *articles(3),
        "line is not JSON",
        submission(" "),
        submission("x" * 1_001),
        *articles(1),
        *articles(1, word="Other"),
    ]
    job = await upload(store, contents)
    await run_all(store, DictionaryAnnotator())
    ended = await state(store, job)
    progress = ended.progress
    assert (progress.created, progress.existing, progress.invalid, progress.total) == (3, 1, 4, 8)
    assert (progress.done, progress.failed) == (4, 4)
    found = (await follow.failures(store, job.id, limit=50)).items
    assert [(failure.line, failure.kind) for failure in found] == [(number, FailureKind.INVALID) for number in (4, 5, 6, 8)]
    assert found[0].reason == "line is not JSON"
    assert "white space" in found[1].reason and "1001 characters" in found[2].reason and "differs in text" in found[3].reason


async def test_failures_are_paged_by_line(store: Store) -> None:
    job = await upload(store, [f"bad {number}" for number in range(25)])
    read, cursor = [], None
    while True:
        page = await follow.failures(store, job.id, limit=10, cursor=cursor)
        read += [failure.line for failure in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert read == list(range(1, 26))


async def test_the_same_articles_again_make_no_second_annotation(store: Store) -> None:
    annotator = DictionaryAnnotator()
    for created in (150, 0):
        job = await upload(store, articles(150))
        await run_all(store, annotator)
        ended = await state(store, job)
        assert (ended.progress.created, ended.progress.existing, ended.progress.done) == (created, 150 - created, 150)
    assert annotator.texts_read == 150
    assert count(store, AnnotationRow) == 150


async def test_the_same_articles_uploaded_at_once_are_stored_once(store: Store) -> None:
    jobs = await asyncio.gather(*(upload(store, articles(200), size=50) for _ in range(4)))
    await run_all(store, DictionaryAnnotator())
    assert sum(job.progress.created for job in jobs) == 200
    assert {(await state(store, job)).progress.done for job in jobs} == {200}
    assert (count(store, ArticleRow), count(store, AnnotationRow), annotated_twice(store)) == (200, 200, [])


async def test_the_same_key_with_the_same_bytes_is_the_same_job(store: Store) -> None:
    first = await upload(store, articles(120), key="k")
    again = await upload(store, articles(120), key="k")
    assert again.id == first.id and again.progress.created == 120
    jobs = await asyncio.gather(*(upload(store, articles(120), key="other", size=30) for _ in range(3)))
    assert len({job.id for job in jobs}) == 1 and jobs[0].progress.total == 120


@pytest.mark.parametrize("changed", [articles(120, word="Other"), articles(121), articles(90), articles(100)])
async def test_the_same_key_with_other_bytes_is_refused(store: Store, changed: list[Any]) -> None:
    await upload(store, articles(120), key="k")
    with pytest.raises(IdempotencyConflict):
        await upload(store, changed, key="k")
    assert count(store, ArticleRow) == 120


async def test_an_upload_of_one_slice_is_one_transaction(store: Store, commits: list[object]) -> None:
    contents = [*articles(300), "line is not JSON"]
    job = await whole(store, contents)
    assert len(commits) == 1
    assert (job.state, job.received, job.progress.created, job.progress.invalid) == (JobState.RUNNING, 301, 300, 1)
    await run_all(store, DictionaryAnnotator())
    ended = await state(store, job)
    assert (ended.state, ended.progress.done, ended.progress.failed) == (JobState.FINISHED, 300, 1)
    nothing = await whole(store, ["line is not JSON"])
    assert nothing.state is JobState.FINISHED


async def test_one_slice_under_a_key_is_one_job_however_often_and_however_it_is_sent(store: Store) -> None:
    jobs = await asyncio.gather(*(whole(store, articles(120), key="k") for _ in range(3)))
    assert {job.id for job in jobs} == {(await upload(store, articles(120), key="k", size=120)).id}
    assert (jobs[0].progress.total, count(store, ArticleRow)) == (120, 120)
    for other in (articles(120, word="Other"), articles(121), articles(90)):
        with pytest.raises(IdempotencyConflict):
            await whole(store, other, key="k")
    assert count(store, ArticleRow) == 120
    await end.cancel(store, jobs[0].id)
    with pytest.raises(JobConflict):
        await whole(store, articles(120), key="k")


async def test_one_slice_that_cannot_be_stored_leaves_no_job(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr(receive, "close_if_done", None)
    with pytest.raises(TypeError):
        await whole(store, articles(10))
    assert not (await follow.all_jobs(store, limit=1)).items and count(store, ArticleRow) == 0


async def test_an_upload_that_was_cut_off_goes_on_where_it_was(store: Store) -> None:
    from_the_first = list(slices(articles(250)))
    intake = await _begin(store, key="k")
    for part in from_the_first[:2]:
        await intake.add(part)
    cut = (await follow.all_jobs(store, limit=1)).items[0]
    assert (cut.state, cut.received) == (JobState.RECEIVING, 200)
    await run_all(store, DictionaryAnnotator())
    assert (await state(store, cut)).progress.done == 200
    assert (await state(store, cut)).state is JobState.RECEIVING
    job = await upload(store, articles(250), key="k")
    assert (job.id, job.progress.created) == (cut.id, 250)
    await run_all(store, DictionaryAnnotator())
    assert (await state(store, job)).state is JobState.FINISHED


async def test_an_upload_resumed_with_another_beginning_is_refused(store: Store) -> None:
    intake = await _begin(store, key="k")
    await intake.add(next(slices(articles(250))))
    with pytest.raises(IdempotencyConflict):
        await upload(store, articles(250, word="Other"), key="k")


async def test_an_upload_that_lost_its_sender_is_discarded_and_says_how_far_it_came(store: Store, monkeypatch: Any) -> None:
    intake = await _begin(store)
    await intake.add(next(slices(articles(250))))
    await end.discard_abandoned(store)
    assert (await follow.job(store, str(intake.job_id))).state is JobState.RECEIVING
    monkeypatch.setattr(end, "KEYLESS_PATIENCE", -end.KEYLESS_PATIENCE)
    await end.discard_abandoned(store)
    job = await follow.job(store, str(intake.job_id))
    assert (job.state, job.detail) == (JobState.CANCELLED, "the upload was cut off after line 100")


class Uneven(DictionaryAnnotator):
    """Takes its time, and not the same for all."""

    async def annotate(self, text: ArticleText, **options: Any) -> Annotation:
        await asyncio.sleep(0.02 * (len(text.body) % 3))
        return await super().annotate(text, **options)


async def test_nothing_is_forgotten_of_what_is_read_while_the_rest_is_stored(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr(reading, "KEEP_SECONDS", 0.0)
    job = await upload(store, [submission("Kenya " + "x" * number, external_id=str(number)) for number in range(60)])
    await run_all(store, Uneven())
    assert (await state(store, job)).progress.done == 60
    with store.reading() as session:
        assert set(session.scalars(select(ArticleRow.status))) == {ArticleStatus.ANNOTATED}
        assert [row.attempts for row in session.scalars(select(ChunkRow))] == [0]


async def test_a_poison_article_is_the_only_failure_of_its_job(store: Store) -> None:
    contents = articles(CHUNK + 2)
    contents[40] = submission("This one is poison.", external_id="poison")
    job = await upload(store, contents, size=500)
    await run_all(store, Choosy())
    ended = await state(store, job)
    assert (ended.state, ended.progress.done, ended.progress.failed) == (JobState.FINISHED, CHUNK + 1, 1)
    (failure,) = (await follow.failures(store, job.id, limit=50)).items
    assert (failure.line, failure.kind) == (41, FailureKind.FAILED)
    assert failure.reason == "the annotator failed with RuntimeError"
    assert failure.article_id and (await fetch_article(store, failure.article_id)).status is ArticleStatus.FAILED


async def test_two_poison_articles_are_parted_from_all_others_and_from_each_other(store: Store) -> None:
    contents = articles(60)
    contents[7] = submission("poison one", external_id="p1")
    contents[50] = submission("poison two", external_id="p2")
    job = await upload(store, contents)
    await run_all(store, Choosy())
    ended = await state(store, job)
    assert (ended.progress.done, ended.progress.failed, ended.progress.total) == (58, 2, 60)
    with store.reading() as session:
        states = [row.state for row in session.scalars(select(ChunkRow))]
    assert sorted(states) == [ChunkState.DONE, ChunkState.DONE, ChunkState.SPLIT]


async def test_a_text_the_model_cannot_read_fails_at_once(store: Store) -> None:
    job = await upload(store, [submission("Un texte.", language="fr", external_id="fr"), *articles(2)])
    dispatcher = StillDispatcher()
    await run_all(store, DictionaryAnnotator())
    ended = await state(store, job)
    assert (ended.progress.done, ended.progress.failed) == (2, 1)
    assert dispatcher.calls == []
    assert (await follow.failures(store, job.id, limit=5)).items[0].reason == "the stated language is another; the model knows en"


async def test_what_failed_can_be_tried_again_and_is_counted_once(store: Store) -> None:
    annotator = Choosy()
    job = await upload(store, [submission("poison", external_id="p"), *articles(9), "bad"])
    await run_all(store, annotator)
    assert (await state(store, job)).progress.failed == 2
    annotator.poison = ""
    reopened = await retry.retry(store, StillDispatcher(), job.id)
    assert (reopened.state, reopened.progress.total, reopened.progress.failed) == (JobState.RUNNING, 11, 1)
    await run_all(store, annotator)
    ended = await state(store, job)
    assert (ended.state, ended.progress.total, ended.progress.done, ended.progress.failed) == (JobState.FINISHED, 11, 10, 1)


async def test_trying_again_where_nothing_failed_changes_nothing(store: Store) -> None:
    job = await upload(store, articles(3))
    with pytest.raises(JobConflict, match="is running"):
        await retry.retry(store, StillDispatcher(), job.id)
    await run_all(store, DictionaryAnnotator())
    assert (await retry.retry(store, StillDispatcher(), job.id)).state is JobState.FINISHED


async def test_a_cancelled_job_does_nothing_more_until_it_is_taken_up_again(store: Store) -> None:
    job = await upload(store, articles(300))
    await run_all(store, DictionaryAnnotator(), rounds=1)
    for _ in range(2):
        cancelled = await end.cancel(store, job.id)
        assert (cancelled.state, cancelled.detail) == (JobState.CANCELLED, "by request")
    await run_all(store, DictionaryAnnotator())
    assert 0 < (await state(store, job)).progress.done < 300
    assert (await retry.retry(store, StillDispatcher(), job.id)).state is JobState.RUNNING
    await run_all(store, DictionaryAnnotator())
    assert (await state(store, job)).progress.done == 300
    with pytest.raises(JobConflict, match="has finished"):
        await end.cancel(store, job.id)


async def test_a_chunk_whose_process_dies_again_and_again_is_divided_until_one_article_is_left(store: Store) -> None:
    job = await upload(store, articles(2))
    dispatcher = StillDispatcher()
    for _ in range(30):
        with store.transaction() as session:
            for row in session.scalars(select(ChunkRow).where(ChunkRow.state.in_(["waiting", "running"]))).all():
                attempts.begin(session, row.id, dispatcher=dispatcher)
    ended = await state(store, job)
    assert (ended.state, ended.progress.failed) == (JobState.FINISHED, 2)
    with store.reading() as session:
        reasons = set(session.scalars(select(FailureRow.reason)))
    assert reasons == {f"the process ended {attempts.MOST_DEATHS} times while it was read"}


async def test_an_article_that_is_deleted_or_replaced_meanwhile_is_no_failure(store: Store) -> None:
    job = await upload(store, articles(3))
    with store.transaction() as session:
        session.delete(session.scalars(select(ArticleRow).limit(1)).one())
    await run_all(store, DictionaryAnnotator())
    ended = await state(store, job)
    assert (ended.state, ended.progress.done, ended.progress.failed) == (JobState.FINISHED, 3, 0)


class OtherModel(DictionaryAnnotator):
    version = "other@000000000002"


async def test_a_reannotation_adds_new_annotations_beside_the_old_ones(store: Store) -> None:
    await upload(store, [*articles(700), *articles(5, start=900, word="Germany blamed China")])
    await run_all(store, DictionaryAnnotator())
    job = await plan.reannotate(store, StillDispatcher(), Filter())
    assert job.state is JobState.RECEIVING
    await run_all(store, OtherModel())
    ended = await state(store, job)
    assert (ended.state, ended.progress.total, ended.progress.done) == (JobState.FINISHED, 705, 705)
    assert (count(store, ArticleRow), count(store, AnnotationRow)) == (705, 1410)
    with store.reading() as session:
        shown = set(session.scalars(select(AnnotationRow.model).where(AnnotationRow.shown)))
    assert shown == {OtherModel.version}
    job = await plan.reannotate(store, StillDispatcher(), Filter())
    await run_all(store, OtherModel())
    assert (await state(store, job)).progress.total == 0


async def test_a_reannotation_takes_only_what_its_filter_finds(store: Store) -> None:
    for text in ("France praised Kenya.", "Germany accused Belarus."):
        await submit(store, DictionaryAnnotator(), submission(text))
    job = await plan.reannotate(store, StillDispatcher(), Filter(countries=("KE",)), key="k")  # type: ignore[arg-type]
    assert (await plan.reannotate(store, StillDispatcher(), Filter(countries=("KE",)), key="k")).id == job.id  # type: ignore[arg-type]
    with pytest.raises(IdempotencyConflict):
        await plan.reannotate(store, StillDispatcher(), Filter(), key="k")
    await run_all(store, OtherModel())
    assert (await state(store, job)).progress.done == 1


async def test_a_job_that_is_not_there_is_not_found(store: Store) -> None:
    for identifier in ("nonsense", "01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"):
        for act in (follow.job, lambda store, job_id: follow.failures(store, job_id, limit=5), end.cancel):
            with pytest.raises(JobNotFound):
                await act(store, identifier)


async def _begin(store: Store, key: str | None = None) -> Any:

    return await receive.begin(store, StillDispatcher(), key=key, priority=Priority.BULK, text_limit=1_000)


async def test_an_article_that_waits_its_turn_is_annotated_at_once_when_it_is_posted(store: Store) -> None:
    annotator = DictionaryAnnotator()
    job = await upload(store, articles(2))
    stored, created = await submit(store, annotator, articles(1)[0])
    assert not created
    assert stored.status is ArticleStatus.ANNOTATED and stored.annotation is not None
    assert await submit(store, annotator, articles(1)[0]) == (stored, False)
    await run_all(store, annotator)
    assert (await state(store, job)).progress.done == 2
    assert annotator.texts_read == count(store, AnnotationRow) == 2
