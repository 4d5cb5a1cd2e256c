"""How much an article is like a claim, in numbers that cost microseconds: shared words, and cosines of vectors.

    cosine     the greatest of the article's passages' with the claim
    passage    share of the claim's telling words in the passage that has most of them, each weighed by how telling it is
    common     the share that any text would have of them: how common the claim's words are
    length     logarithm of how many different words the article has: a long one has more of any claim's

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

FEATURES = ("cosine", "passage", "common", "length")
ONE = 127.0 * 127.0
"""The product of a vector with itself; each is of length 127."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Claims: their vectors [C, 64] and `common` [C]; and their words, one claim after another, those of claim `n` at `starts[n]`
    to `starts[n + 1]`, with weights that sum to one in each.
    """

    vectors: Floats
    common: Floats
    words: Integers
    weights: Floats
    starts: Integers

    def only(self, places: Integers) -> Asked:
        """Some of them, in this order."""
        counts = (self.starts[1:] - self.starts[:-1])[places]
        starts = np.cumsum([0, *counts])
        chosen = np.arange(starts[-1]) + np.repeat(self.starts[places] - starts[:-1], counts)
        return Asked(self.vectors[places], self.common[places], self.words[chosen], self.weights[chosen], starts)

    def sums(self, values: Floats) -> Floats:
        """Of values [..., words] the sums [..., claims]."""
        found: Floats = np.add.reduceat(values, self.starts[:-1], axis=-1)
        return found


def asked(claims: Sequence[Integers], vectors: bytes, telling: Floats) -> Asked:
    """`claims` are their tokens, at least one each; `telling` [V], above 0, is how telling each word piece is."""
    each = [np.unique(ids) for ids in claims]
    weights = [telling[ids] / telling[ids].sum() for ids in each]
    common = np.array([own @ np.exp(-telling[ids]) for ids, own in zip(each, weights, strict=True)], dtype=np.float32)
    starts = np.cumsum([0, *map(len, each)])
    return Asked(rows(vectors), common, np.concatenate(each), np.concatenate(weights), starts)


def features(of: Asked, passages: Sequence[Integers], vectors: bytes, size: int) -> Floats:
    """[C, 4] of an article, by its passages' tokens, each below `size`, and the vectors of some of them; both at least one."""
    held = np.zeros((len(passages), size), dtype=bool)
    for number, ids in enumerate(passages):
        held[number, ids] = True
    count = len(of.common)
    cosine = (rows(vectors) @ of.vectors.T).max(axis=0) / ONE
    passage = of.sums(held[:, of.words] * of.weights).max(axis=0)
    length = np.full(count, np.log(held.any(axis=0).sum()), dtype=np.float32)
    return np.column_stack([cosine, passage, of.common, length])


def passages_of(text: ArticleText, encoder: TextEncoder) -> list[Integers]:
    """The tokens of each, cut as those that are read for claims."""
    return [*_cut(Field.TITLE, text.title or "", encoder), *_cut(Field.TEXT, text.body, encoder)]


def rows(vectors: bytes) -> Floats:
    """[R, 64], in float: the product is one call of BLAS then, and whole numbers up to 64 * 127 * 127 are exact in it."""
    return np.frombuffer(vectors, dtype=np.int8).reshape(-1, WIDTH).astype(np.float32)


def _cut(field: Field, words: str, encoder: TextEncoder) -> list[Integers]:
    tokens = encoder.tokens(words)
    return [piece.ids for piece in pieces(field, words, tokens.ids, tokens.starts.tolist())]
