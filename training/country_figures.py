"""Country figures of any system on files with gold mentions: mention level, averaged over countries, sets of countries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from training.data import lgl_split, rows

GROUPS = ("name", "demonym", "place")
NAMES_AND_DEMONYMS = "names and demonyms"
# Both files annotate place names and nationalities. What stands for a government by its seat (the Kremlin, the White
# House) is no toponym there, so that a mention of that kind is left out of the count rather than called wrong.
GROUP_OF_KIND = {"name": "name", "demonym": "demonym", "capital": "place", "place": "place", "government": None}


@dataclass(frozen=True, slots=True)
class Found:
    """A mention as a system reports it: half-open range of code points, ISO code, kind."""

    start: int
    end: int
    country: str
    kind: str


@dataclass(frozen=True, slots=True)
class Gold:
    start: int
    end: int
    country: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Article:
    id: str
    text: str
    mentions: tuple[Gold, ...]

    @classmethod
    def of(cls, row: dict[str, Any]) -> Article:
        return cls(row["id"], row["text"], tuple(Gold(m["start"], m["end"], m["country"], m["kind"]) for m in row["mentions"]))


Annotate = Callable[[str], Sequence[Found]]
Resolve = Callable[[str, Sequence[tuple[int, int]]], Sequence[str | None]]
"""Countries of given spans, None where unresolved."""


@dataclass(slots=True)
class Counts:
    right_found: int = 0
    found: int = 0
    right_gold: int = 0
    gold: int = 0

    @property
    def precision(self) -> float:
        return self.right_found / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right_gold / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall) if self.right_gold else 0.0


@dataclass(slots=True)
class Figures:
    """`accuracy` is that on gold mentions whose spans are not given: what was not found counts as wrong."""

    groups: dict[str, Counts] = field(default_factory=lambda: {group: Counts() for group in (*GROUPS, NAMES_AND_DEMONYMS, "all")})
    by_country: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    sets: dict[str, Counts] = field(default_factory=lambda: {"names": Counts(), "all": Counts()})

    @property
    def country_f1(self) -> float:
        """Mean over the countries that the gold has."""
        return fmean(counts.f1 for counts in self.by_country.values() if counts.gold)

    @property
    def accuracy(self) -> float:
        return self.groups["all"].recall

    def lines(self) -> list[tuple[str, Counts]]:
        return [*self.groups.items(), *((f"country set, {name}", counts) for name, counts in self.sets.items())]

    def as_dict(self) -> dict[str, float]:
        figures = {"country accuracy": self.accuracy, "F1 averaged over countries": self.country_f1}
        for name, counts in self.lines():
            figures |= {f"{name} P": counts.precision, f"{name} R": counts.recall, f"{name} F1": counts.f1}
        return figures


def articles(data: Path, name: str) -> list[Article]:
    """`lgl` is its development third, `lgl-train` the rest, `trnews` the public test."""
    if name == "trnews":
        return [Article.of(row) for row in rows(data / "countries-trnews.jsonl")]
    train, dev = lgl_split(data)
    return [Article.of(row) for row in (dev if name == "lgl" else train)]


def measure(gold: Iterable[Article], annotate: Annotate) -> Figures:
    figures = Figures()
    for article in gold:
        add(figures, article, [found for found in annotate(article.text) if GROUP_OF_KIND[found.kind]])
    return figures


def add(figures: Figures, article: Article, found: Sequence[Found]) -> None:
    known = [mention for mention in article.mentions if mention.country]
    unknown = [mention for mention in article.mentions if not mention.country]
    for mention in known:
        right = any(overlap(mention, one) and one.country == mention.country for one in found)
        for counts in _counts_of(figures, mention.kind, mention.country):
            counts.gold += 1
            counts.right_gold += right
    for one in found:
        # Where the gold has a place without a country (a sea, a continent, an unclear name) nothing can be right or wrong.
        right = any(overlap(mention, one) and one.country == mention.country for mention in known)
        if right or not any(overlap(mention, one) for mention in unknown):
            for counts in _counts_of(figures, GROUP_OF_KIND[one.kind], one.country):
                counts.found += 1
                counts.right_found += right
    _add_sets(figures, known, found)


def _counts_of(figures: Figures, group: str | None, country: str | None) -> list[Counts]:
    counts = [figures.groups[group or "place"], figures.groups["all"], figures.by_country[country or ""]]
    return [*counts, figures.groups[NAMES_AND_DEMONYMS]] if group in ("name", "demonym") else counts


def _add_sets(figures: Figures, known: Sequence[Gold], found: Sequence[Found]) -> None:
    """`names`: countries mentioned by name or demonym on either side."""
    for counts, kinds in ((figures.sets["names"], ("name", "demonym")), (figures.sets["all"], GROUPS)):
        gold_set = {mention.country for mention in known if mention.kind in kinds}
        found_set = {one.country for one in found if GROUP_OF_KIND[one.kind] in kinds}
        counts.gold += len(gold_set)
        counts.found += len(found_set)
        counts.right_gold += len(gold_set & found_set)
        counts.right_found += len(gold_set & found_set)


def overlap(gold: Gold, found: Found) -> bool:
    return gold.start < found.end and found.start < gold.end


def accuracy_on_given_spans(gold: Iterable[Article], resolve: Resolve) -> float:
    """The published task: the spans are given, each needs a country, unresolved counts as wrong."""
    right = total = 0
    for article in gold:
        known = [mention for mention in article.mentions if mention.country]
        countries = resolve(article.text, [(mention.start, mention.end) for mention in known])
        right += sum(country == mention.country for country, mention in zip(countries, known, strict=True))
        total += len(known)
    return right / total


def report(name: str, figures: Figures) -> str:
    lines = [f"{name}: country accuracy {figures.accuracy:.3f}, F1 averaged over countries {figures.country_f1:.3f}"]
    for group, counts in figures.lines():
        shares = f"P {counts.precision:.3f}  R {counts.recall:.3f}  F1 {counts.f1:.3f}"
        lines.append(f"  {group:20} {shares}  (gold {counts.gold}, found {counts.found})")
    return "\n".join(lines)
