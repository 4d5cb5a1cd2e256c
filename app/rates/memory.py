"""Buckets in this process. Each replica counts for itself."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from app.rates import bucket
from app.rates.bucket import Rate, Verdict

MOST_OWNERS = 100_000
"""Some 20 MB. Beyond, who has been quiet longest is forgotten, which gives nobody more than one more burst."""


class MemoryBuckets:
    """Used from the event loop only, so it needs no lock."""

    def __init__(self, *, most: int = MOST_OWNERS, clock: Callable[[], float] = time.monotonic) -> None:
        self._full_at: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._most, self._clock = most, clock

    def __len__(self) -> int:
        return len(self._full_at)

    async def take(self, owner: str, rate: Rate) -> Verdict:
        place = rate.name, owner
        full_at, verdict = bucket.take(self._full_at.get(place, 0.0), rate, self._clock())
        self._full_at[place] = full_at
        self._full_at.move_to_end(place)
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
        return verdict

    async def close(self) -> None:
        self._full_at.clear()
