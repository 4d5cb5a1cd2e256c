"""Training and test rows in one form: a text and its labelled spans.

Public data is read from a folder given by the caller (see README.md here for its origins); the project's own labelled text
lies in `country-stance/` in the markup of `data/GUIDELINE.md`. The development part of every set is chosen by a hash, so that
no row changes sides between runs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

STANCES = ("favor", "neutral", "against")
KINDS = ("none", "name", "demonym", "capital", "government", "place")
OWN = Path(__file__).parent / "data" / "country-stance"
_MARK = re.compile(r"\{([^{}|]+)\|(?:-|([A-Z]{2})\|(name|demonym|capital|government|place)\|(favor|against|neutral))\}")


@dataclass(frozen=True, slots=True)
class LabelledSpan:
    """A half-open range of code points. A label that is None is unknown and takes no part in the loss."""

    start: int
    end: int
    stance: str | None = None
    kind: str | None = None
    country: str | None = None
    teacher: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    spans: tuple[LabelledSpan, ...]
    source: str
    id: str = field(default="", compare=False)


def held_out(key: str, *, one_in: int) -> bool:
    """Whether the row with this key belongs to the development part, one row in `one_in`."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % one_in == 0


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def stance_file(path: Path) -> list[Example]:
    """NewsMTSC, Directed Sentiment Extraction or RuSentNE rows."""
    name = path.stem.removeprefix("stance-")
    return [
        Example(
            text=row["text"],
            spans=tuple(LabelledSpan(t["start"], t["end"], stance=t["label"]) for t in row["targets"]),
            source=name,
            id=row["id"],
        )
        for row in rows(path)
    ]


def parse_markup(line: str, *, source: str) -> Example:
    """Raises ValueError where a brace or bar is left over after the marks are read."""
    text, spans, position = [], [], 0
    length = 0
    for mark in _MARK.finditer(line):
        before, surface = line[position : mark.start()], mark[1]
        text += [before, surface]
        start = length + len(before)
        length = start + len(surface)
        spans.append(LabelledSpan(start, length, stance=mark[4], kind=mark[3] or "none", country=mark[2]))
        position = mark.end()
    text.append(line[position:])
    plain = "".join(text)
    if set("{}|") & set(plain):
        raise ValueError(f"broken markup: {line}")
    return Example(text=plain, spans=tuple(spans), source=source, id=hashlib.sha256(plain.encode()).hexdigest()[:12])


def own_examples(folder: Path = OWN) -> list[Example]:
    """The project's own labelled text, without repeats."""
    found: dict[str, Example] = {}
    for path in sorted(folder.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                example = parse_markup(line.strip(), source=f"own-{path.stem}")
                found.setdefault(example.text, example)
    return list(found.values())


def own_split(folder: Path = OWN) -> tuple[list[Example], list[Example]]:
    """Train and development part: a tenth of each file, and the whole of a file whose name begins with `held-`.

    Such a file is by no hand that wrote training text in its style, so that the link rule is fitted on text that is new.
    """
    everything = own_examples(folder)
    return [e for e in everything if not _for_development(e)], [e for e in everything if _for_development(e)]


def _for_development(example: Example) -> bool:
    return example.source.startswith("own-held-") or held_out(example.text, one_in=10)


def newsmtsc_split(data: Path) -> tuple[list[Example], list[Example]]:
    everything = stance_file(data / "stance-newsmtsc-train.jsonl")
    dev = [example for example in everything if held_out(example.text, one_in=10)]
    return [example for example in everything if not held_out(example.text, one_in=10)], dev


def lgl_split(data: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """LGL articles: two thirds train, one third development, by hash of id."""
    everything = list(rows(data / "countries-lgl.jsonl"))
    dev = [row for row in everything if held_out(row["id"], one_in=3)]
    return [row for row in everything if not held_out(row["id"], one_in=3)], dev


def shifted(span: LabelledSpan, by: int) -> LabelledSpan:
    return replace(span, start=span.start + by, end=span.end + by)
