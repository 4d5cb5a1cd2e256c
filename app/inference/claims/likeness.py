"""How much an article is like a claim, in numbers that cost microseconds: shared words, and cosines of vectors.

    cosine     the greatest of the article's passages' with the claim
    second     the second greatest; the greatest again where there is one passage
    passage    share of the claim's telling words in the passage that has most of them, each weighed by how telling it is
    rare       the same, weighed by the square: what is rare counts more
    whole      the share in the whole article
    words      how telling the words are together that the whole article has
    runs       share of the claim's neighbouring words that stand side by side in the article too, weighed alike

How telling a word piece is, is the logarithm of how many texts there are for each that has it. What is needed of the claims is
made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.values import ArticleText, Field
from app.inference.encoding import Integers, TextEncoder
from app.inference.engine import WIDTH, Floats
from app.inference.selection import pieces

FEATURES = ("cosine", "second", "passage", "rare", "whole", "words", "runs")
_ONE = 127.0 * 127.0
"""The product of a vector with itself; each is of length 127."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Items of several claims, one claim after another: those of claim `n` are at `starts[n]` to `starts[n + 1]`."""

    items: Integers
    weights: Floats
    starts: Integers

    @classmethod
    def of(cls, each: Sequence[Integers], weights: Sequence[Floats]) -> Terms:
        starts = np.cumsum([0, *map(len, each)])
        return cls(np.concatenate(each), np.concatenate(weights), starts)

    def only(self, places: Integers) -> Terms:
        """Those of some claims, in this order."""
        counts = (self.starts[1:] - self.starts[:-1])[places]
        starts = np.cumsum([0, *counts])
        chosen = np.arange(starts[-1]) + np.repeat(self.starts[places] - starts[:-1], counts)
        return Terms(self.items[chosen], self.weights[chosen], starts)

    def sums(self, values: Floats) -> Floats:
        """Of values [..., items] the sums [..., claims]. Every claim has an item."""
        found: Floats = np.add.reduceat(values, self.starts[:-1], axis=-1)
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """Claims: their vectors [C, 64], their words, and the pairs of neighbouring ones."""

    vectors: Floats
    words: Terms
    runs: Terms

    def only(self, places: Integers) -> Asked:
        return Asked(self.vectors[places], self.words.only(places), self.runs.only(places))


def asked(claims: Sequence[Integers], vectors: bytes, telling: Floats) -> Asked:
    """`claims` are their tokens, at least one each; `telling` [V] is how telling each word piece is."""
    words = [np.unique(ids) for ids in claims]
    runs = [np.unique(neighbours(ids if len(ids) > 1 else np.repeat(ids, 2), len(telling))) for ids in claims]
    sides = [telling[pairs // len(telling)] + telling[pairs % len(telling)] for pairs in runs]
    return Asked(rows(vectors), Terms.of(words, [telling[ids] for ids in words]), Terms.of(runs, sides))


def features(of: Asked, passages: Sequence[Integers], vectors: bytes, telling: Floats) -> Floats:
    """[C, 7] of an article, by its passages' tokens and by the vectors that were made of some of them; both at least one."""
    cosines = np.sort(rows(vectors) @ of.vectors.T / _ONE, axis=0)
    held = np.zeros((len(passages), len(telling)), dtype=bool)
    for number, ids in enumerate(passages):
        held[number, ids] = True
    found = held[:, of.words.items]
    weights = of.words.weights
    whole = of.words.sums(found.any(axis=0) * weights)
    total = of.words.sums(weights)
    pairs = np.unique(np.concatenate([neighbours(ids, len(telling)) for ids in passages]))
    side_by_side = of.runs.sums(np.isin(of.runs.items, pairs) * of.runs.weights) / of.runs.sums(of.runs.weights)
    return np.column_stack(
        [
            cosines[-1],
            cosines[-2] if len(cosines) > 1 else cosines[-1],
            (of.words.sums(found * weights) / total).max(axis=0),
            (of.words.sums(found * weights**2) / of.words.sums(weights**2)).max(axis=0),
            whole / total,
            whole,
            side_by_side,
        ]
    ).astype(np.float32)


def passages_of(text: ArticleText, encoder: TextEncoder) -> list[Integers]:
    """The tokens of each, cut as those that are read for claims."""
    return [*_cut(Field.TITLE, text.title or "", encoder), *_cut(Field.TEXT, text.body, encoder)]


def _cut(field: Field, words: str, encoder: TextEncoder) -> list[Integers]:
    tokens = encoder.tokens(words)
    return [piece.ids for piece in pieces(field, words, tokens.ids, tokens.starts.tolist())]


def neighbours(ids: Integers, size: int) -> Integers:
    """A number for each two tokens side by side."""
    found: Integers = ids[:-1] * size + ids[1:]
    return found


def rows(vectors: bytes) -> Floats:
    """[R, 64], in float: the product is one call of BLAS then, and whole numbers up to 64 * 127 * 127 are exact in it."""
    return np.frombuffer(vectors, dtype=np.int8).reshape(-1, WIDTH).astype(np.float32)
