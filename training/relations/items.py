"""Sentences with two spans whose relation is known, as the encoder takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.domain.values import Span
from app.inference.encoding import Row, TextEncoder
from app.inference.passages import Passage
from app.inference.relations import CLASSES
from training.data import rows

LONGEST = 512
"""Tokens: no sentence of the data is cut."""


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence with both spans marked."""

    id: str
    row: Row
    label: int


def items(path: Path, encoder: TextEncoder) -> Iterator[Item]:
    """Those whose annotators agreed on one relation."""
    for row in rows(path):
        tokens = encoder.tokens(row["text"])
        whole = Passage(Span(0, len(row["text"])), 0, len(tokens.ids))
        said: dict[tuple[tuple[int, int], tuple[int, int]], set[str]] = {}
        for pair in row["pairs"]:
            said.setdefault((tuple(pair["a"]), tuple(pair["b"])), set()).add(pair["relation"])
        for (a, b), relations in said.items():
            if len(relations) == 1:
                encoded = encoder.row(tokens, whole, [Span(*a), Span(*b)], [(0, 1)])
                yield Item(row["id"], encoded, CLASSES.index(relations.pop()))
