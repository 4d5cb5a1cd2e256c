"""From claims and texts to the rows of the pair model: [CLS] claim [SEP] passage [SEP]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from app.domain.errors import InvalidText
from app.domain.values import ArticleText, Field
from app.inference.encoding import Integers
from app.inference.selection import Piece, overlaps, pieces, selected

LONGEST = 128
"""Tokens of a claim: some 90 words. It has learnt from headlines, of which the longest has half as many."""


@dataclass(frozen=True, slots=True)
class PairRow:
    """Ids with special tokens; those from `border` on are the passage's."""

    ids: Integers
    border: int

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Bag:
    """The passages that are read for one claim, and their rows. That at `best` shares most with the claim: `shared`, 0..1."""

    pieces: Sequence[Piece]
    rows: Sequence[PairRow]
    best: int = 0
    shared: float = 0.0

    def only_best(self) -> Bag:
        return Bag([self.pieces[self.best]], [self.rows[self.best]])

    def others(self) -> list[PairRow]:
        """All rows but the best."""
        return [*self.rows[: self.best], *self.rows[self.best + 1 :]]


class PairEncoder:
    def __init__(self, path: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        specials = np.asarray(self._tokenizer.encode("").ids, dtype=np.int64)
        self._before, self._behind = specials[:1], specials[1:]

    def bags(self, claims: Sequence[str], text: ArticleText, *, field: str) -> list[Bag]:
        """One for each claim; without rows where the tokenizer sees nothing in the text. Raises InvalidText of `field`."""
        questions = [self.question(claim, field=field) for claim in claims]
        found = self._pieces(text)
        return [self._bag(question, [found[number] for number in selected(question, found)]) for question in questions]

    def question(self, claim: str, *, field: str) -> Integers:
        """The claim's tokens. Raises InvalidText where there are none, or more than the model has learnt to read."""
        ids = np.asarray(self._tokenizer.encode(claim, add_special_tokens=False).ids, dtype=np.int64)
        if not len(ids):
            raise InvalidText(field, "holds no word")
        if len(ids) > LONGEST:
            raise InvalidText(field, f"has {len(ids)} word pieces; the limit is {LONGEST}, some 90 words")
        return ids

    def _bag(self, question: Integers, read: Sequence[Piece]) -> Bag:
        shared = overlaps(question, [piece.ids for piece in read])
        best = int(shared.argmax()) if read else 0
        return Bag(read, [self._row(question, piece.ids) for piece in read], best, float(shared.max(initial=0.0)))

    def _row(self, question: Integers, passage: Integers) -> PairRow:
        ids = np.concatenate([self._before, question, self._behind, passage, self._behind])
        return PairRow(ids, len(question) + 2)

    def _pieces(self, text: ArticleText) -> list[Piece]:
        fields = [(Field.TITLE, text.title)] if text.title else []
        return list(chain.from_iterable(self._cut(field, words) for field, words in [*fields, (Field.TEXT, text.body)]))

    def _cut(self, field: Field, text: str) -> list[Piece]:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return pieces(field, text, np.asarray(encoding.ids, dtype=np.int64), [start for start, _ in encoding.offsets])
