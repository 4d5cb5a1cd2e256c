"""Kinds of mention as bits of one number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.domain.values import Kind

# Stored rows depend on these numbers; a new kind takes the next bit.
KIND_BITS: Mapping[Kind, int] = {Kind.NAME: 1, Kind.DEMONYM: 2, Kind.CAPITAL: 4, Kind.GOVERNMENT: 8, Kind.PLACE: 16}


def bits(kinds: Iterable[Kind]) -> int:
    return sum(KIND_BITS[kind] for kind in set(kinds))
