"""Which passages of a text are read for a claim or topic: the few that share most of its telling words, and the first.

How telling a word is comes from its place in the vocabulary: WordPiece lists words in the order of their frequency, so that the
logarithm of the place grows as an inverse document frequency does (Zipf), and needs no table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.values import Field, Span
from app.inference.encoding import Integers
from app.inference.passages import passages, sentences

BUDGET = 96
"""Tokens of a passage that is read for a claim: four or five sentences of news, so that evidence is checked at a glance."""

READ = 3
"""Passages that are read for one claim. More gained nothing on development data (training/README.md)."""

COMMON = 1996.0
"""The place of "the", the most frequent word, in BERT's vocabulary; MPNet's has four special tokens more before it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage with its tokens, which have no special ones among them."""

    field: Field
    span: Span
    ids: Integers


def pieces(field: Field, text: str, ids: Integers, starts: Sequence[int]) -> list[Piece]:
    """The text's passages, which tile it; without those of which the tokenizer saw nothing."""
    return cut(field, ids, starts, sentences(text), budget=BUDGET)


def cut(field: Field, ids: Integers, starts: Sequence[int], split: Sequence[Span], *, budget: int) -> list[Piece]:
    """The same, of at most `budget` tokens each, where the sentences are known."""
    found = passages(starts, split, budget=budget)
    return [Piece(field, one.span, ids[one.first : one.last]) for one in found if one.first < one.last]


def selected(claim: Integers, found: Sequence[Piece], *, count: int = READ) -> list[int]:
    """Numbers of the pieces to read, at most `count`, in the order of the text; the first is always one of them."""
    scores = overlaps(claim, (piece.ids for piece in found))
    best = [int(number) for number in np.argsort(-scores, kind="stable") if number != 0]
    return sorted([0, *best[: count - 1]]) if found else []


def overlaps(claim: Integers, texts: Iterable[Integers]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """For each text, 0..1: which part of the claim's telling words stands in it, each weighed by how telling it is."""
    words = np.unique(claim)
    weights = np.log(np.maximum(words, COMMON) / COMMON)
    total = float(weights.sum()) or 1.0
    return np.array([float(weights[np.isin(words, text)].sum()) / total for text in texts])
