"""From text to the encoder's rows. A text is tokenised once; passages are slices of its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from app.domain.values import Span
from app.inference.passages import Passage

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text, without special ones, and the half-open range of code points that each stands for."""

    ids: Integers
    starts: Integers
    ends: Integers


@dataclass(frozen=True, slots=True)
class Row:
    """A passage as the encoder takes it: ids with special tokens, marks (1 on tokens of spans), token ranges of spans [S, 2],
    and the numbers of those of them [P, 2] between which a relation is possible."""

    ids: Integers
    marks: Integers
    spans: Integers
    pairs: Integers

    def __len__(self) -> int:
        return len(self.ids)


class TextEncoder:
    """`budget` is the number of tokens of text that one row holds beside its special tokens."""

    def __init__(self, path: Path, *, max_tokens: int) -> None:
        # What transformers wraps, by itself: offsets without Python around each call, and a fifth less of a start.
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        specials = np.asarray(self._tokenizer.encode("").ids, dtype=np.int64)
        self._before, self._behind = specials[:1], specials[1:]
        self._stop = self.tokens(".").ids
        self.budget = max_tokens - len(specials)

    @property
    def size(self) -> int:
        """Of the vocabulary: every id is below it."""
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    def tokens(self, text: str) -> Tokens:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        offsets = np.asarray(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        return Tokens(np.asarray(encoding.ids, dtype=np.int64), offsets[:, 0], offsets[:, 1])

    def row(self, tokens: Tokens, passage: Passage, spans: Sequence[Span], pairs: Sequence[tuple[int, int]] = ()) -> Row:
        """Every span touches at least one token of the passage (see `judgeable`)."""
        ids = np.concatenate([self._before, tokens.ids[passage.first : passage.last], self._behind])
        ranges = self._ranges(tokens, passage, spans)
        marks = np.zeros_like(ids)
        for first, last in ranges:
            marks[first:last] = 1
        return Row(ids, marks, ranges, np.array(pairs, dtype=np.int64).reshape(-1, 2))

    def topic_row(self, topic: Integers, passage: Integers) -> Row:
        """The topic's tokens before those of a passage that has no more than `room_beside` it."""
        return topic_row(topic, passage, before=self._before, stop=self._stop, behind=self._behind)

    def room_beside(self, topic: Integers) -> int:
        """Tokens of a passage in a row of `topic_row`."""
        return self.budget - len(topic) - len(self._stop)

    def _ranges(self, tokens: Tokens, passage: Passage, spans: Sequence[Span]) -> Integers:
        ranges = np.array([token_range(tokens, span) for span in spans], dtype=np.int64).reshape(-1, 2)
        return ranges.clip(passage.first, passage.last) - passage.first + len(self._before)


def topic_row(topic: Integers, passage: Integers, *, before: Integers, stop: Integers, behind: Integers) -> Row:
    """The topic as a sentence of its own before the passage, marked, and the row's one span.

    All are token ids [n]: `stop` those of a full stop, `before` and `behind` the encoder's special ones. Training makes its rows
    here, too.
    """
    ids = np.concatenate([before, topic, stop, passage, behind]).astype(np.int64, copy=False)
    first, last = len(before), len(before) + len(topic)
    marks = np.zeros_like(ids)
    marks[first:last] = 1
    return Row(ids, marks, np.array([[first, last]], dtype=np.int64), np.zeros((0, 2), dtype=np.int64))


def token_range(tokens: Tokens, span: Span) -> tuple[int, int]:
    """The tokens that touch the span, half-open."""
    return int(np.searchsorted(tokens.ends, span.start, side="right")), int(np.searchsorted(tokens.starts, span.end, side="left"))


def judgeable(tokens: Tokens, span: Span) -> bool:
    """Whether the tokenizer saw anything of the span: it drops control characters."""
    first, last = token_range(tokens, span)
    return first < last
