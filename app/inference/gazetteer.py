"""The gazetteer: a readable table of surfaces and what they may refer to, matched in one pass of native code.

    surface <tab> country <tab> kind <tab> weight <tab> note

- `-` as country: the longer name (South China Sea) is matched and yields nothing.
- A surface is looked for as it is written, without regard to accents; `capitals` in the last column adds it in capitals.
- `the States` and `, TX` need what stands before the name; the span leaves it out. `Sino-` needs a word behind its hyphen.
- `region` marks what other places lie in, so that "Paris, Texas" is read as one.
- `display` in the last column marks the name by which the country is shown (it is looked for in capitals too).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from app.domain.values import CountryCode, Kind
from app.inference.candidates import Candidate, Haystack, Match, Reading, fold, leftmost_longest, whole_words

ARTICLE = "the "
DISPLAY = "display"
CAPITALS = "capitals"
REGION = "region"
NO_COUNTRY = "-"


class Gazetteer:
    """Raises OSError when the file cannot be read and ValueError when a line is malformed."""

    def __init__(self, rows: dict[str, list[str]], names: dict[CountryCode, str]) -> None:
        self._names = names
        self.codes = frozenset(names)
        self._rows: list[list[str]] = []
        self._offsets: list[tuple[int, int]] = []
        self._readings: dict[int, tuple[Reading, ...]] = {}
        forms = self._add_forms(rows)
        # Built in half the time of the contiguous automaton; matching takes a hundredth of the encoder's time with either.
        self._automaton = AhoCorasick(forms, matchkind=MatchKind.Standard, implementation=Implementation.NoncontiguousNFA)

    @classmethod
    def load(cls, path: Path) -> Gazetteer:
        rows: dict[str, list[str]] = {}
        names: dict[CountryCode, str] = {}
        with path.open(encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                surface, row = line.rstrip("\n").split("\t", 1)
                rows.setdefault(surface if surface.isascii() else fold(surface), []).append(row)
                if row.endswith(DISPLAY):
                    names[CountryCode(row[:2])] = surface
        return cls(rows, names)

    def name(self, code: CountryCode) -> str:
        """The English name by which the country is shown. Raises KeyError for a code that the table does not have."""
        return self._names[code]

    def name_or_code(self, code: CountryCode) -> str:
        """The same, and the code itself where the table does not have it."""
        return self._names.get(code, code)

    def candidates(self, text: str) -> list[Candidate]:
        haystack = Haystack(text)
        found = self._automaton.find_matches_as_indexes(haystack.folded, overlapping=True)
        matches = leftmost_longest(whole_words(haystack.folded, found))
        return [self._candidate(match, haystack) for match in matches if self._readings_of(match.surface)]

    def _candidate(self, match: Match, haystack: Haystack) -> Candidate:
        before, behind = self._offsets[match.surface]
        return Candidate(haystack.span(match.start + before, match.end - behind), self._readings_of(match.surface))

    def _readings_of(self, surface: int) -> tuple[Reading, ...]:
        # Built when first met: a text needs a few of the many, and the start of the service should not wait for the rest.
        if surface not in self._readings:
            self._readings[surface] = tuple(_merged(self._rows[surface]))
        return self._readings[surface]

    def _add_forms(self, rows: dict[str, list[str]]) -> list[str]:
        forms: list[str] = []
        for surface, readings in rows.items():
            offsets = (_length_before(surface), 1 if surface[-1] == "-" else 0)
            for form in _forms(surface, readings):
                if form is surface or form not in rows:
                    forms.append(form)
                    self._rows.append(readings)
                    self._offsets.append(offsets)
        return forms


def _length_before(surface: str) -> int:
    if surface.startswith(ARTICLE):
        return len(ARTICLE)
    return 2 if surface.startswith(", ") else 0


def _forms(surface: str, rows: list[str]) -> Iterator[str]:
    yield surface
    if surface.startswith(ARTICLE):
        yield "T" + surface[1:]
    if any(CAPITALS in row or DISPLAY in row for row in rows) and (capitals := surface.upper()) != surface:
        yield capitals


def _merged(rows: list[str]) -> Iterator[Reading]:
    """The readings, best first. Surfaces that differ in accents only (São Paulo, Sao Paulo) are one."""
    best: dict[tuple[str, str], Reading] = {}
    for country, kind, weight, note in (row.split("\t") for row in rows if not row.startswith(NO_COUNTRY)):
        reading = Reading(CountryCode(country), Kind(kind), float(weight), is_region=REGION in note)
        if (country, kind) not in best or best[country, kind].weight < reading.weight:
            best[country, kind] = reading
    yield from sorted(best.values(), key=lambda reading: -reading.weight)
