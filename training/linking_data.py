"""Labels for the linking heads: LGL's toponyms, and silver labels where a gazetteer name has one reading only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from babel import Locale

from training.data import Example, LabelledSpan, lgl_split, rows

# CLDR has codes for unions, regions and test locales beside ISO 3166-1; XK (Kosovo) is kept on purpose.
NOT_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
BUNDLED_GAZETTEER = Path(__file__).parents[1] / "app" / "inference" / "bundled" / "standpoint-en" / "gazetteer.tsv"
WINDOW = 700  # code points, about 160 tokens
_FULL_NAME = re.compile(r"(?<![.!?”\"’] )(?<!^)\b[A-Z][a-z]+(?: [A-Z]\.)?(?: [A-Z][a-z]+){1,2}\b")
_SENTENCE_END = re.compile(r"(?<=[.!?”\"])\s+(?=[A-Z“\"])|\n+")


@cache
def country_names() -> dict[str, str]:
    territories = Locale("en").territories
    return {
        code: name for code, name in sorted(territories.items()) if re.fullmatch("[A-Z]{2}", code) and code not in NOT_COUNTRIES
    }


def country_codes() -> list[str]:
    return list(country_names())


@cache
def _gazetteer():  # type: ignore[no-untyped-def]
    from app.inference.gazetteer import Gazetteer

    return Gazetteer.load(BUNDLED_GAZETTEER)


def with_candidates(examples: Sequence[Example]) -> list[Example]:
    """The examples with the gazetteer's other candidates as spans, since they are marked at inference too."""
    if not BUNDLED_GAZETTEER.exists():
        return list(examples)
    return [_with_candidates(example) for example in examples]


def _with_candidates(example: Example) -> Example:
    spans = list(example.spans)
    for candidate in _gazetteer().candidates(example.text):
        start, end = candidate.span.start, candidate.span.end
        if any(start < span.end and span.start < end for span in example.spans):
            continue
        kinds = {reading.kind.value for reading in candidate.readings}
        codes = {reading.country for reading in candidate.readings}
        sure = len(codes) == 1 and kinds <= {"name", "demonym"} and len(kinds) == 1
        spans.append(LabelledSpan(start, end, kind=kinds.pop() if sure else None, country=codes.pop() if sure else None))
    return Example(text=example.text, spans=tuple(sorted(spans, key=lambda s: s.start)), source=example.source, id=example.id)


def lgl_examples(data: Path, *, part: int) -> list[Example]:
    """Windows of LGL articles; `part` 0 is the training two thirds, 1 the rest. Candidates outside the gold are not countries."""
    return [window for row in lgl_split(data)[part] for window in _windows(row)]


def news_sentences(data: Path, *, count: int) -> list[Example]:
    """Sentences without labels, for a teacher: first all that name a country, then others with full names in them.

    From the bodies of FNC-1's training part and of ARC. Bodies of the public test are left out.
    """
    if not count:
        return []
    bodies = [row["text"] for row in rows(data / "claims-fnc-bodies.jsonl") if row["body"].startswith("train-")]
    bodies += [row["text"] for row in rows(data / "claims-arc-bodies.jsonl")]
    sentences = dict.fromkeys(
        sentence.strip() for body in bodies for sentence in _SENTENCE_END.split(body) if 40 <= len(sentence.strip()) <= 400
    )
    found = with_candidates([Example(text=sentence, spans=(), source="unlabelled") for sentence in sentences])
    about_countries = [example for example in found if any(span.country for span in example.spans)]
    named = [_with_names(example) for example in found if not any(span.country for span in example.spans)]
    return (about_countries + [example for example in named if example.spans])[:count]


def _with_names(example: Example) -> Example:
    """The example with what looks like a full name as spans of unknown kind: a caller may name any of them as a target."""
    names = [LabelledSpan(match.start(), match.end()) for match in _FULL_NAME.finditer(example.text)]
    free = [n for n in names if not any(n.start < s.end and s.start < n.end for s in example.spans)]
    return replace(example, spans=tuple(sorted((*example.spans, *free), key=lambda s: s.start)))


def _windows(row: dict) -> list[Example]:
    text, gold = row["text"], [LabelledSpan(m["start"], m["end"], kind=m["kind"], country=m["country"]) for m in row["mentions"]]
    spans = _reconciled(text, gold)
    windows, start = [], 0
    while start < len(text):
        end = _window_end(text, start)
        inside = [s for s in spans if start <= s.start and s.end <= end]
        if inside:
            moved = tuple(LabelledSpan(s.start - start, s.end - start, kind=s.kind, country=s.country) for s in inside)
            windows.append(Example(text=text[start:end], spans=moved, source="lgl", id=f"{row['id']}:{start}"))
        start = end
    return windows


def _window_end(text: str, start: int) -> int:
    if len(text) - start <= WINDOW:
        return len(text)
    ends = [match.end() for match in _SENTENCE_END.finditer(text, start + WINDOW // 3, start + WINDOW)]
    return ends[-1] if ends else start + WINDOW


def _reconciled(text: str, gold: list[LabelledSpan]) -> list[LabelledSpan]:
    """Gold spans with the gazetteer's kind where it knows the pair, and the gazetteer's other candidates as kind `none`.

    LGL leaves demonyms out, so a demonym outside the gold says nothing.
    """
    if not BUNDLED_GAZETTEER.exists():
        return gold
    spans: dict[tuple[int, int], LabelledSpan] = {}
    covered = set()
    for candidate in _gazetteer().candidates(text):
        start, end = candidate.span.start, candidate.span.end
        match = next((g for g in gold if start < g.end and g.start < end), None)
        kinds = {r.country: r.kind.value for r in reversed(candidate.readings)}  # the best reading of a country stays
        if match is None:
            only_demonym = all(r.kind.value == "demonym" for r in candidate.readings)
            spans[start, end] = LabelledSpan(start, end, kind=None if only_demonym else "none")
        else:
            covered.add((match.start, match.end))
            spans[start, end] = LabelledSpan(start, end, kind=kinds.get(match.country or "", "place"), country=match.country)
    for span in gold:
        if (span.start, span.end) not in covered:
            spans[span.start, span.end] = span
    return sorted(spans.values(), key=lambda s: s.start)
