"""Sentences with two spans whose relation is known, as the encoder takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.values import Span
from app.inference.encoding import Row, TextEncoder
from app.inference.passages import Passage
from app.inference.relations import CLASSES
from training.data import rows

Range = tuple[int, int]
LONGEST = 512
"""Tokens: no sentence of the data is cut."""


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence with both spans marked."""

    id: str
    row: Row
    label: int


def agreed(row: Mapping[str, Any]) -> dict[tuple[Range, Range], int]:
    """The relation, by its number, of each pair of spans on which the annotators agreed."""
    said: dict[tuple[Range, Range], set[str]] = {}
    for pair in row["pairs"]:
        said.setdefault((tuple(pair["a"]), tuple(pair["b"])), set()).add(pair["relation"])
    return {pair: CLASSES.index(next(iter(found))) for pair, found in said.items() if len(found) == 1}


def items(path: Path, encoder: TextEncoder) -> Iterator[Item]:
    """Those whose annotators agreed on one relation."""
    for row in rows(path):
        tokens = encoder.tokens(row["text"])
        whole = Passage(Span(0, len(row["text"])), 0, len(tokens.ids))
        for (a, b), relation in agreed(row).items():
            yield Item(row["id"], encoder.row(tokens, whole, [Span(*a), Span(*b)], [(0, 1)]), relation)
