"""Whose word a stance row is, and whether it counts: docs/decisions/0007-the-humans-word.md."""

from __future__ import annotations

from enum import IntEnum


class Standing(IntEnum):
    """Stored rows and indexes depend on these numbers."""

    MODEL = 0
    """The model's word, and no reviewer spoke of the country."""
    HUMAN = 1
    """A reviewer's word."""
    OVERRULED = 2
    """The model's word where a reviewer's stands beside it, or says that the article is not about the country."""
