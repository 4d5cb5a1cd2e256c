"""Candidate spans: the places in a text where the gazetteer's surfaces stand, and what each of them may refer to."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.domain.values import CountryCode, Kind, Span


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a surface. What the weights of a surface lack to one is the prior of its meaning no country at all.

    A region is what other places lie in (Texas, Bavaria, Orange County).
    """

    country: CountryCode
    kind: Kind
    weight: float
    is_region: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may refer to a country. Candidates of a text do not overlap and stand in order."""

    span: Span
    readings: tuple[Reading, ...]


Fields = Sequence[tuple[str, Sequence[Candidate]]]
"""The texts of an article (title, body), each with its candidates."""


@dataclass(frozen=True, slots=True)
class Match:
    """A surface found in a haystack: its number, and the half-open range that it covers there."""

    surface: int
    start: int
    end: int


_SPACES = (
    "\t\n\x0b\x0c\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_APOSTROPHES = "\u2018\u2019\u201b\u02bc\u02b9\u2032\uff07`\u00b4"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2212"
_UNMARKED = {
    "\u0131": "i",
    "\u00f8": "o",
    "\u00d8": "O",
    "\u0142": "l",
    "\u0141": "L",
    "\u0111": "d",
    "\u0110": "D",
    "\u00f0": "d",
    "\u0127": "h",
}


def _folding() -> dict[int, str]:
    """One code point to one: letters lose their marks, quotes, hyphens and spaces take their plain form."""
    table = {code: base for code in range(0xC0, 0x250) if len(base := unmarked(chr(code))) == 1}
    table |= {code: base for code in range(0x1E00, 0x1F00) if len(base := unmarked(chr(code))) == 1}
    table |= {ord(mark): plain for mark, plain in _UNMARKED.items()}
    for marks, plain in ((_SPACES, " "), (_APOSTROPHES, "'"), (_HYPHENS, "-")):
        table |= {ord(mark): plain for mark in marks}
    return table


def unmarked(letter: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part))


_FOLDING = _folding()
# Marks and invisible characters inside a word are left out of the haystack, and a run of white space counts as one
# space, unless it holds a blank line: no name runs on into the next paragraph.
_MARKS = "\u00ad\u0300-\u036f\u200b-\u200f\u2060\ufeff\ufe0e\ufe0f"
_LEFT_OUT = re.compile(rf"[{_MARKS}]+|\s{{2,}}")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n|\r\n[^\S\n]*\r\n|\u2029")


class Haystack:
    """A text folded for matching, and the way back from a position in the folded text to one in the original."""

    def __init__(self, text: str) -> None:
        pieces, self._folded_starts, self._shifts = _pieces(text)
        self._length = len(text)
        self._original = text
        self.folded = "".join(pieces).translate(_FOLDING)

    def span(self, start: int, end: int) -> Span:
        """The original range of a folded one, with the marks that belong to its last letter."""
        first, last = self._original_position(start), self._original_position(end - 1) + 1
        while last < self._length and unicodedata.combining(self._original[last]):
            last += 1
        return Span(first, last)

    def _original_position(self, position: int) -> int:
        piece = bisect_right(self._folded_starts, position) - 1
        return position + self._shifts[piece]


def _pieces(text: str) -> tuple[list[str], list[int], list[int]]:
    """The kept pieces, where each starts in the folded text, and how far it lies behind that in the original."""
    pieces, starts, shifts = [], [0], [0]
    kept = folded_length = 0
    for left_out in _LEFT_OUT.finditer(text):
        pieces.append(text[kept : left_out.start()])
        folded_length += left_out.start() - kept
        if left_out.group()[0].isspace():
            # NUL, which no stored text may hold, stands for a blank line: no surface has one.
            pieces.append("\x00" if _BLANK_LINE.search(left_out.group()) else " ")
            starts.append(folded_length)
            shifts.append(left_out.start() - folded_length)
            folded_length += 1
        kept = left_out.end()
        starts.append(folded_length)
        shifts.append(kept - folded_length)
    pieces.append(text[kept:])
    return pieces, starts, shifts


def fold(surface: str) -> str:
    """The form in which a surface is looked for."""
    if surface.isascii():
        return surface
    return re.sub(f"[{_MARKS}]", "", unicodedata.normalize("NFC", surface)).translate(_FOLDING)


def whole_words(folded: str, found: Iterable[tuple[int, int, int]]) -> Iterator[Match]:
    """Those matches that neither begin nor end inside a word. A surface that ends in a hyphen (Sino-) needs a word behind it."""
    length = len(folded)
    for surface, start, end in found:
        if start and folded[start - 1].isalnum() and folded[start].isalnum():
            continue
        followed = end < length and folded[end].isalnum()
        if followed == (folded[end - 1] == "-"):
            yield Match(surface, start, end)


def leftmost_longest(matches: Iterable[Match]) -> Iterator[Match]:
    """Of overlapping matches the one that begins first, and of those the longest."""
    taken = 0
    for match in sorted(matches, key=lambda match: (match.start, -match.end)):
        if match.start >= taken:
            taken = match.end
            yield match
