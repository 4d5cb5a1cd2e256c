"""What the run does now, on standard error: a line each, so that a log of it can be read too."""

from __future__ import annotations

import sys
import time

_STARTED = time.monotonic()


def note(text: str) -> None:
    print(f"{time.monotonic() - _STARTED:7.0f} s  {text}", file=sys.stderr, flush=True)


class Meter:
    """Notes at most once in `every` seconds."""

    def __init__(self, every: float = 5.0) -> None:
        self._every = every
        self._next = time.monotonic() + every

    def note(self, text: str) -> None:
        if time.monotonic() >= self._next:
            note(text)
            self._next = time.monotonic() + self._every
