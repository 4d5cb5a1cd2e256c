"""Which passages make the next batch."""

from __future__ import annotations

from app.inference.jobs import BatchShape, Job, padded_tokens, take_batch

SHAPE = BatchShape(tokens=100, padding=0.1, window=4)


def job(*lengths: int, due: int = 0, number: int = 0, bulk: bool = False) -> Job[int, int]:
    return Job(items=lengths, lengths=lengths, order=(bulk, due, number), deadline=float("inf"))


def lengths_of_next(*jobs: Job[int, int]) -> list[int]:
    return [seat.length for seat in take_batch(sorted(jobs, key=lambda job: job.order), SHAPE)]


def test_a_batch_never_has_more_tokens_than_its_budget_padding_included() -> None:
    waiting = job(*[30] * 20)
    batch = take_batch([waiting], SHAPE)
    assert padded_tokens(batch) == 90
    assert len(waiting.waiting) == 17


def test_a_passage_longer_than_the_budget_is_a_batch_of_its_own() -> None:
    assert lengths_of_next(job(250, 240)) == [250]


def test_passages_of_like_length_share_a_batch_and_little_of_it_is_padding() -> None:
    assert lengths_of_next(job(10, 50, 10, 48, 10)) == [10, 10, 10]


def test_the_passage_that_is_due_is_in_the_batch_whatever_its_length() -> None:
    assert 7 in lengths_of_next(job(7, due=1), job(*[40] * 10, due=2))


def test_what_lies_beyond_the_window_does_not_pass_what_is_due() -> None:
    assert lengths_of_next(job(*[90] * 5, due=1), job(90, due=2, number=9)) == [90]


def test_bulk_passages_do_not_fill_up_an_interactive_batch() -> None:
    assert lengths_of_next(job(20, due=5), job(20, 20, due=1, bulk=True)) == [20]


def test_every_passage_of_a_job_is_taken_once() -> None:
    waiting = job(*range(1, 60))
    taken: list[int] = []
    while waiting.waiting:
        taken += [seat.index for seat in take_batch([waiting], SHAPE)]
    assert sorted(taken) == list(range(59))


def test_little_work_is_shared_among_idle_threads_and_what_is_left_goes_to_the_last() -> None:
    shape, waiting = BatchShape(tokens=100, padding=0.1, window=4, least=10), job(*[10] * 8)
    assert len(take_batch([waiting], shape, idle=2)) == 4
    assert len(take_batch([waiting], shape)) == 4
    assert waiting.waiting == []


def test_too_little_to_share_is_one_batch() -> None:
    shape = BatchShape(tokens=100, padding=0.1, window=4, least=64)
    assert len(take_batch([job(*[10] * 6)], shape, idle=8)) == 6


def test_with_much_to_do_a_batch_is_full_however_many_are_idle() -> None:
    assert len(take_batch([job(*[10] * 90)], SHAPE, idle=2)) == 10
