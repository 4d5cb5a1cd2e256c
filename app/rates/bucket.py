"""A token bucket as one number: when it will be full again (GCRA, ITU-T I.371). Pure; the caller keeps the number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

BURST_SECONDS = 4.0
"""A bucket holds what its rate gives in 4 s: a page that asks for a dozen things at once is served, a flood is not."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` requests in the long run, `burst` at once. `name` tells clients which of their limits it is."""

    name: str
    per_second: float

    @property
    def burst(self) -> int:
        return max(1, math.ceil(self.per_second * BURST_SECONDS))

    @property
    def window(self) -> float:
        """Seconds in which an empty bucket fills."""
        return self.burst / self.per_second


@dataclass(frozen=True, slots=True)
class Verdict:
    """`remaining` requests are free now; the bucket is full after `full_after` seconds, the next free after `retry_after`."""

    rate: Rate
    allowed: bool
    remaining: int
    full_after: float
    retry_after: float = 0.0


class Buckets(Protocol):
    async def take(self, owner: str, rate: Rate) -> Verdict:
        """One request of this owner's. Never raises: where the buckets cannot be asked, others stand in."""
        ...

    async def close(self) -> None: ...


def take(full_at: float, rate: Rate, now: float) -> tuple[float, Verdict]:
    """The new time and what it means. `full_at` of a bucket never seen is anything up to `now`."""
    step = 1 / rate.per_second
    before = max(full_at, now)
    after = before + step
    # A part of a nanosecond, so that a bucket of exactly `burst` is not one short by rounding.
    if after - now > rate.window + 1e-9:
        return before, _verdict(rate, before - now, retry_after=after - now - rate.window)
    return after, _verdict(rate, after - now)


def _verdict(rate: Rate, full_after: float, *, retry_after: float = 0.0) -> Verdict:
    remaining = math.floor((rate.window - full_after) * rate.per_second + 1e-6)
    return Verdict(rate, retry_after == 0.0, max(0, remaining), full_after, retry_after)
