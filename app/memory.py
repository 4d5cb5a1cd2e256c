"""The C library's memory, as a process with many short-lived threads needs it."""

from __future__ import annotations

import ctypes
import os

ARENAS = 2
"""The default is eight a core, and each keeps for itself what its threads freed: 76 MB and growing after 3,900 requests, where
two arenas keep 28 MB. One would keep 10 MB, but then any thread could hold up all others."""

_ARENA_MAX = -8
"""M_ARENA_MAX in glibc's malloc.h."""

_SET_ALREADY = ("MALLOC_ARENA_MAX", "GLIBC_TUNABLES")


def keep_together() -> None:
    """To be called before there are threads. Does nothing where the allocator is another, or told from outside what to do."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and not any(name in os.environ for name in _SET_ALREADY):
        mallopt(_ARENA_MAX, ARENAS)
