"""Full-text columns: an FTS5 index on SQLite, a tsvector with a GIN index on PostgreSQL. Words are divided by the domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import add
from typing import Any

from sqlalchemy import ARRAY, Dialect, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.types import TypeEngine

from app.domain.textquery import LONGEST_PHRASE
from app.domain.words import GAP, LONGEST_WORD

MOST_POSITIONS = 255
"""PostgreSQL keeps at most 256 positions of one word in a tsvector and says nothing of the others."""

LAST_POSITION = 16_000
"""Positions past 16,383 all become 16,383."""

MOST_READ = 1_000_000
"""Bytes of words that PostgreSQL reads of one tsvector, those that are repeated each time: a little less than 1 MiB."""

_PLACES = [f":{place}" for place in range(1, LAST_POSITION + 1)]


class Words(TypeDecorator[Sequence[str]]):
    """A list of words as FTS5 reads it, or as a tsvector with the positions of the first stretch and all words of the rest."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return head(value) if dialect.name == "postgresql" else " ".join(value)


class Tails(TypeDecorator[Sequence[str]]):
    """The later stretches of a list of words as tsvectors; NULL where there is one stretch, and on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(TSVECTOR()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        return None if value is None or dialect.name != "postgresql" else tails(value)


def head(words: Sequence[str]) -> str:
    """A tsvector as text."""
    first, *later = stretches(words)
    # No code point has more than four bytes, so that most texts need not be measured word by word.
    if not later and (4 * LONGEST_WORD * len(words) <= MOST_READ or 4 * sum(map(len, words)) <= MOST_READ):
        return _tsvector_of(words)
    rest: dict[str, list[int]] = {word: [] for word in words[first.stop :] if word != GAP}
    return _tsvector({**rest, **_positions(words[first.start : first.stop])})


def _tsvector_of(words: Sequence[str]) -> str:
    """Of one stretch, each word as often as it comes: PostgreSQL sorts them in any case, and puts equal ones together."""
    written = list(map(add, words, _PLACES))
    for place in _gaps(words):
        del written[place]
    return " ".join(written)


def _gaps(words: Sequence[str]) -> Iterator[int]:
    """From the last to the first."""
    if GAP in words:
        yield from (place for place in range(len(words) - 1, -1, -1) if words[place] == GAP)


def tails(words: Sequence[str]) -> list[str] | None:
    """Tsvectors as text, or None."""
    _, *later = stretches(words)
    return [_tsvector(_positions(words[each.start : each.stop])) for each in later] or None


def stretches(words: Sequence[str]) -> list[range]:
    """Parts of a text that PostgreSQL can keep the positions of; most texts are one."""
    ends = [0, *_cuts(words), len(words)]
    return [range(max(0, start - LONGEST_PHRASE + 1), end) for start, end in pairwise(ends)]


def _cuts(words: Sequence[str]) -> Iterator[int]:
    if len(words) + LONGEST_PHRASE <= MOST_POSITIONS:
        return
    counts = Counter(words)
    if len(words) + LONGEST_PHRASE <= LAST_POSITION and max(counts.values(), default=0) + LONGEST_PHRASE <= MOST_POSITIONS:
        # Most texts are one stretch, which is seen without looking at each word.
        return
    counts.clear()
    start = 0
    for place, word in enumerate(words):
        # What the next stretch repeats of this one counts against it too.
        if counts[word] + LONGEST_PHRASE > MOST_POSITIONS or place - start + LONGEST_PHRASE > LAST_POSITION:
            yield place
            counts.clear()
            start = place
        counts[word] += 1


def _positions(words: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, word in enumerate(words, start=1):
        if word != GAP:
            found.setdefault(word, []).append(place)
    return found


def _tsvector(positions: dict[str, Any]) -> str:
    # Words are letters and digits, so nothing in them needs to be escaped.
    return " ".join(f"'{word}'" + (":" + ",".join(map(str, places)) if places else "") for word, places in positions.items())
