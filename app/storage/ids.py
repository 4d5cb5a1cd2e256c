"""UUIDv7 (RFC 9562): the id carries its millisecond, so ordering by id is ordering by creation."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

_COUNTER_BITS = 42
_TAIL_BITS = 32
_TAILS = 256
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Sequence:
    """Ids of one process never go back, even when its clock does or when two fall into one millisecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._counter = 0
        self._tails: Iterator[int] = iter(())

    def next(self) -> UUID:
        with self._lock:
            return self._after(time.time_ns() // 1_000_000)

    def some(self, count: int) -> list[UUID]:
        """Of one moment, in ascending order."""
        now = time.time_ns() // 1_000_000
        with self._lock:
            return [self._after(now) for _ in range(count)]

    def _after(self, now: int) -> UUID:
        self._advance(now)
        return _pack(self._millisecond, self._counter, self._tail())

    def _tail(self) -> int:
        """Random bits are asked for many at a time: each question is a call of the operating system."""
        tail = next(self._tails, None)
        if tail is None:
            self._tails = iter(memoryview(secrets.token_bytes(_TAILS * _TAIL_BITS // 8)).cast("I"))
            tail = next(self._tails)
        return tail

    def _advance(self, now: int) -> None:
        self._counter += 1
        if now > self._millisecond or self._counter >> _COUNTER_BITS:
            self._millisecond = max(now, self._millisecond + 1)
            # The top bit starts at zero, so that a counter has at least 2**41 steps before it runs over.
            self._counter = secrets.randbits(_COUNTER_BITS - 1)


def _pack(millisecond: int, counter: int, tail: int) -> UUID:
    high, low = counter >> 30, counter & (1 << 30) - 1
    return UUID(int=millisecond << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low << _TAIL_BITS | tail)


_SEQUENCE = Sequence()
new, some = _SEQUENCE.next, _SEQUENCE.some


def first_at(instant: datetime) -> UUID:
    """No id that was created at this instant or later is less, and none before it is as great. Ids count milliseconds."""
    millisecond = -((_EPOCH - instant) // timedelta(milliseconds=1))
    return UUID(int=min(max(millisecond, 0), 2**48 - 1) << 80)


def moment(identifier: UUID) -> datetime:
    return _EPOCH + timedelta(milliseconds=identifier.int >> 80)


def moments(identifiers: Iterable[UUID]) -> list[datetime]:
    """`moment` of each. Ids that are made together have few different ones."""
    milliseconds = [identifier.int >> 80 for identifier in identifiers]
    known = {each: _EPOCH + timedelta(milliseconds=each) for each in set(milliseconds)}
    return [known[each] for each in milliseconds]


def earliest(moment: datetime) -> UUID:
    """Less than every id made at that moment or later."""
    return UUID(int=((moment - _EPOCH) // timedelta(milliseconds=1)) << 80)


def parse(text: str) -> UUID | None:
    """None for anything but the canonical form, so that one object has one address."""
    try:
        identifier = UUID(text)
    except ValueError:
        return None
    return identifier if str(identifier) == text.lower() else None
