"""Python's search for circular garbage, as a service needs it."""

from __future__ import annotations

import gc

YOUNG = 20_000
"""New objects between two looks. The default of 700 looks dozens of times at each slice of an import and finds nothing."""


def expect_little() -> None:
    """After the start: what is there now stays to the end, and is not gone through again and again.

    Without it bulk work spends half of its time on this search. Memory is freed by reference counts, at once, as ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
