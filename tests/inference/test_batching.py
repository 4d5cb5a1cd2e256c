"""The micro-batcher around a fake encoder, which is held at a gate where order matters: nothing depends on timing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager

import pytest

from app.domain.errors import DeadlineExceeded, EngineOverloaded, EngineUnavailable
from app.inference.batching import Batcher, Limits
from app.inference.jobs import BatchShape

PATIENCE = 10.0
POISON = "poison"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Encoder:
    """Answers with the words in upper case. `hold` keeps it in its next batch until `release`."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.entered = threading.Event()
        self._gate = threading.Event()
        self._gate.set()

    def __call__(self, words: Sequence[str]) -> list[str]:
        self.batches.append(list(words))
        self.entered.set()
        assert self._gate.wait(PATIENCE)
        if POISON in words:
            raise ValueError("cannot read this")
        return [word.upper() for word in words]

    def hold(self) -> None:
        self.entered.clear()
        self._gate.clear()

    def release(self) -> None:
        self._gate.set()


@contextmanager
def running(encoder: Encoder, **limits: object) -> Iterator[Batcher[str, str]]:
    shape = BatchShape(tokens=12, padding=1.0)
    batcher: Batcher[str, str] = Batcher(encoder, length=len, limits=Limits(shape=shape, **limits))  # type: ignore[arg-type]
    try:
        yield batcher
    finally:
        encoder.release()
        batcher.close()


def block(encoder: Encoder, batcher: Batcher[str, str]) -> Future[list[str]]:
    """Keeps the encoder busy with one word, so that what comes next has to wait."""
    encoder.hold()
    future = batcher.submit(["first"])
    assert encoder.entered.wait(PATIENCE)
    return future


def test_results_come_back_in_the_order_of_the_items() -> None:
    with running(Encoder()) as batcher:
        words = [letter * (index % 7 + 1) for index, letter in enumerate("abcdefghij")]
        assert batcher.submit(words).result(PATIENCE) == [word.upper() for word in words]


def test_concurrent_requests_share_a_batch() -> None:
    encoder = Encoder()
    with running(encoder) as batcher:
        block(encoder, batcher)
        futures = [batcher.submit([word]) for word in ("aaa", "bbb", "ccc")]
        encoder.release()
        assert [future.result(PATIENCE) for future in futures] == [["AAA"], ["BBB"], ["CCC"]]
    assert encoder.batches == [["first"], ["aaa", "bbb", "ccc"]]


def test_a_request_without_passages_is_answered_at_once() -> None:
    with running(Encoder()) as batcher:
        assert batcher.submit([]).result(0) == []


def test_a_short_request_passes_a_long_one_that_came_before() -> None:
    encoder = Encoder()
    with running(encoder) as batcher:
        block(encoder, batcher)
        long = batcher.submit(["long" * 3] * 50)
        short = batcher.submit(["x"])
        encoder.release()
        assert short.result(PATIENCE) == ["X"]
        long.result(PATIENCE)
    assert encoder.batches[1] == ["x"]


def test_a_long_request_is_not_starved_by_short_ones_that_keep_coming() -> None:
    served: list[str] = []

    def busy(words: Sequence[str]) -> list[str]:
        served.extend(words)
        if len(served) < 200:
            batcher.submit(["short", "short"])
        return list(words)

    batcher: Batcher[str, str] = Batcher(busy, length=len, limits=Limits(shape=BatchShape(tokens=12)))
    batcher.submit(["long" * 3] * 10).result(PATIENCE)
    batcher.close()
    assert max(index for index, word in enumerate(served) if word.startswith("long")) < 50


def test_interactive_work_goes_before_bulk_work_that_came_first() -> None:
    encoder = Encoder()
    with running(encoder) as batcher:
        block(encoder, batcher)
        batcher.submit(["bulk"], bulk=True)
        batcher.submit(["interactive!"])
        encoder.release()
    assert encoder.batches[1:] == [["interactive!"], ["bulk"]]


def test_a_full_queue_refuses_at_once_and_says_when_to_come_back() -> None:
    encoder = Encoder()
    with running(encoder, jobs=3) as batcher:
        block(encoder, batcher)
        accepted = [batcher.submit(["word"]) for _ in range(2)]
        with pytest.raises(EngineOverloaded) as refusal:
            batcher.submit(["word"])
        with pytest.raises(EngineOverloaded):
            batcher.refuse_if_full()
        assert refusal.value.retry_after >= 1.0
        assert batcher.load().refused == 2
        encoder.release()
        assert [future.result(PATIENCE) for future in accepted] == [["WORD"]] * 2
        assert batcher.submit(["again"]).result(PATIENCE) == ["AGAIN"]


def test_the_queue_is_bounded_in_tokens_too_but_takes_one_request_of_any_length() -> None:
    encoder = Encoder()
    with running(encoder, tokens=20) as batcher:
        huge = batcher.submit(["x" * 12] * 100)
        with pytest.raises(EngineOverloaded):
            batcher.submit(["y" * 12] * 2)
        assert len(huge.result(PATIENCE)) == 100


def test_interactive_work_is_refused_that_would_wait_too_long_at_the_speed_measured() -> None:
    encoder, clock = Encoder(), Clock()

    def slow(words: Sequence[str]) -> list[str]:
        clock.now += 1.0
        return encoder(words)

    # One second for ten tokens, and two seconds that may wait: room for twenty tokens, where a million were allowed.
    limits = Limits(shape=BatchShape(tokens=12), seconds=2.0)
    batcher: Batcher[str, str] = Batcher(slow, length=len, limits=limits, clock=clock)
    batcher.submit(["x" * 10]).result(PATIENCE)
    encoder.hold()
    batcher.submit(["first"])
    assert encoder.entered.wait(PATIENCE)
    accepted = batcher.submit(["y" * 18])
    with pytest.raises(EngineOverloaded) as refusal:
        batcher.submit(["z" * 3])
    assert refusal.value.retry_after >= 1.0
    bulk = batcher.submit(["b" * 100], bulk=True)
    encoder.release()
    assert accepted.result(PATIENCE) == ["Y" * 18]
    bulk.result(PATIENCE)
    batcher.close()


def test_a_batch_that_is_not_half_full_says_nothing_of_the_speed() -> None:
    """The one that warms the engine is slow for its size; a crowd that comes next must not be refused for it."""
    with running(Encoder()) as batcher:
        batcher.submit(["xxxxx"]).result(PATIENCE)
        assert batcher.load().tokens_per_second is None
        batcher.submit(["xxxxxx"]).result(PATIENCE)
        assert batcher.load().tokens_per_second is not None


def test_requests_that_are_still_being_prepared_take_up_room() -> None:
    with running(Encoder(), jobs=3) as batcher:
        batcher.refuse_if_full(coming=2)
        with pytest.raises(EngineOverloaded):
            batcher.refuse_if_full(coming=3)


def test_bulk_work_cannot_fill_the_place_of_interactive_work() -> None:
    encoder = Encoder()
    with running(encoder, jobs=1) as batcher:
        block(encoder, batcher).cancel()
        batcher.submit(["bulk"], bulk=True)
        with pytest.raises(EngineOverloaded):
            batcher.submit(["bulk"], bulk=True)
        assert not batcher.submit(["word"]).done()


def test_passages_of_a_cancelled_request_are_never_encoded() -> None:
    encoder = Encoder()
    with running(encoder) as batcher:
        block(encoder, batcher)
        gone, kept = batcher.submit(["gone"]), batcher.submit(["kept"])
        assert gone.cancel()
        encoder.release()
        assert kept.result(PATIENCE) == ["KEPT"]
        assert batcher.load().cancelled == 1
    assert encoder.batches == [["first"], ["kept"]]


def test_a_request_cancelled_while_it_is_encoded_harms_nobody() -> None:
    encoder = Encoder()
    with running(encoder) as batcher:
        first = block(encoder, batcher)
        assert first.cancel()
        encoder.release()
        assert batcher.submit(["next"]).result(PATIENCE) == ["NEXT"]
        with pytest.raises(CancelledError):
            first.result(0)


def test_a_request_that_waits_past_its_deadline_fails_and_is_not_encoded() -> None:
    encoder, clock = Encoder(), Clock()
    batcher: Batcher[str, str] = Batcher(encoder, length=len, clock=clock)
    block(encoder, batcher)
    late, patient = batcher.submit(["late"], deadline=5.0), batcher.submit(["patient"], deadline=50.0)
    clock.now = 6.0
    encoder.release()
    with pytest.raises(DeadlineExceeded):
        late.result(PATIENCE)
    assert patient.result(PATIENCE) == ["PATIENT"]
    batcher.close()
    assert ["late"] not in encoder.batches
    assert batcher.load().expired == 1


def test_an_answer_that_comes_after_the_deadline_is_not_given() -> None:
    encoder, clock = Encoder(), Clock()
    batcher: Batcher[str, str] = Batcher(encoder, length=len, clock=clock)
    encoder.hold()
    late = batcher.submit(["late"], deadline=5.0)
    assert encoder.entered.wait(PATIENCE)
    clock.now = 6.0
    encoder.release()
    with pytest.raises(DeadlineExceeded):
        late.result(PATIENCE)
    batcher.close()


def test_one_bad_passage_fails_its_own_request_and_no_other() -> None:
    encoder = Encoder()
    with running(encoder) as batcher:
        block(encoder, batcher)
        good, bad, other = (batcher.submit([word]) for word in ("ok", POISON, "fine"))
        encoder.release()
        assert (good.result(PATIENCE), other.result(PATIENCE)) == (["OK"], ["FINE"])
        with pytest.raises(EngineUnavailable):
            bad.result(PATIENCE)
        assert batcher.healthy()


def test_close_answers_what_was_accepted_and_refuses_what_comes() -> None:
    encoder = Encoder()
    batcher: Batcher[str, str] = Batcher(encoder, length=len)
    first = block(encoder, batcher)
    waiting = [batcher.submit(["word"]) for _ in range(5)]
    closing = threading.Thread(target=batcher.close)
    closing.start()
    while batcher.healthy():
        time.sleep(0.001)
    with pytest.raises(EngineUnavailable):
        batcher.submit(["too late"])
    encoder.release()
    closing.join(PATIENCE)
    assert first.result(0) == ["FIRST"]
    assert [future.result(0) for future in waiting] == [["WORD"]] * 5


def test_when_the_thread_dies_every_request_fails_and_somebody_is_told() -> None:
    told: list[BaseException] = []
    entered, gate = threading.Event(), threading.Event()

    def dies(words: Sequence[str]) -> list[str]:
        entered.set()
        gate.wait(PATIENCE)
        raise SystemExit("the end")

    batcher: Batcher[str, str] = Batcher(dies, length=len, on_death=told.append)
    in_batch = batcher.submit(["one"])
    assert entered.wait(PATIENCE)
    waiting = batcher.submit(["two"])
    gate.set()
    for future in (in_batch, waiting):
        with pytest.raises(EngineUnavailable):
            future.result(PATIENCE)
    batcher.close()
    assert isinstance(told[0], SystemExit)
    assert not batcher.healthy()
    with pytest.raises(EngineUnavailable):
        batcher.submit(["three"])


def test_a_thread_that_is_stuck_in_a_batch_is_not_healthy() -> None:
    encoder, clock = Encoder(), Clock()
    batcher: Batcher[str, str] = Batcher(encoder, length=len, clock=clock)
    block(encoder, batcher)
    assert batcher.healthy()
    clock.now = 61.0
    assert not batcher.healthy()
    encoder.release()
    batcher.close()


def test_an_idle_batcher_uses_no_processor_time() -> None:
    with running(Encoder()) as batcher:
        batcher.submit(["warm"]).result(PATIENCE)
        before = time.process_time()
        time.sleep(0.05)
        assert time.process_time() - before < 0.02


def test_load_tells_what_waits_and_what_was_done() -> None:
    encoder = Encoder()
    with running(encoder) as batcher:
        block(encoder, batcher)
        batcher.submit(["four"])
        done = batcher.submit(["sevens!"])
        load = batcher.load()
        assert (load.jobs, load.waiting_tokens, load.batches) == (3, 11, 0)
        encoder.release()
        done.result(PATIENCE)
    load = batcher.load()
    assert (load.jobs, load.rows, load.tokens) == (0, 3, 16)
    assert load.padded_tokens >= load.tokens
    assert load.tokens_per_second is not None


def test_two_threads_encode_two_batches_at_once() -> None:
    together = threading.Barrier(2)

    def meeting(words: Sequence[str]) -> list[str]:
        together.wait(PATIENCE)
        return list(words)

    batcher: Batcher[str, str] = Batcher(meeting, length=len, threads=2, limits=Limits(shape=BatchShape(tokens=12)))
    assert batcher.submit(["a" * 12, "b" * 12]).result(PATIENCE) == ["a" * 12, "b" * 12]
    futures = [batcher.submit([letter * 12]) for letter in "cd"]
    assert [future.result(PATIENCE) for future in futures] == [["c" * 12], ["d" * 12]]
    batcher.close()


def test_all_that_waits_fails_when_the_first_of_two_threads_dies_and_only_its_death_is_told() -> None:
    told: list[BaseException] = []
    both, gate = threading.Barrier(3), threading.Event()

    def half_dead(words: Sequence[str]) -> list[str]:
        both.wait(PATIENCE)
        if POISON in words:
            raise SystemExit("the end")
        assert gate.wait(PATIENCE)
        raise SystemExit("the end of the other")

    limits = Limits(shape=BatchShape(tokens=12))
    batcher: Batcher[str, str] = Batcher(half_dead, length=len, threads=2, limits=limits, on_death=told.append)
    futures = [batcher.submit([word]) for word in (POISON, "x" * 12)]
    both.wait(PATIENCE)
    for future in futures:
        with pytest.raises(EngineUnavailable):
            future.result(PATIENCE)
    gate.set()
    batcher.close()
    assert len(told) == 1
    assert not batcher.healthy()


def test_results_are_those_of_one_thread_however_many_there_are() -> None:
    with running(Encoder()) as alone:
        expected = [alone.submit([letter * size for size in range(1, 13)]).result(PATIENCE) for letter in "abcdefgh"]
    batcher: Batcher[str, str] = Batcher(Encoder(), length=len, threads=4, limits=Limits(shape=BatchShape(tokens=12)))
    futures = [batcher.submit([letter * size for size in range(1, 13)]) for letter in "abcdefgh"]
    assert [future.result(PATIENCE) for future in futures] == expected
    batcher.close()
    assert batcher.load().jobs == 0
