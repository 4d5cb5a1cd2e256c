"""Systems that find countries, and their figures: always one country, the plain dictionary, and the link rule over any logits.

    python -m training.evaluate_countries DATA [lgl | lgl-train | trnews]

prints those that need no model. `linked` and `resolver` take a function that gives the logits of spans.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from app.domain.values import CountryCode, Kind, Span
from app.inference.candidates import Candidate, Reading
from app.inference.gazetteer import Gazetteer
from app.inference.linking import Linker, LinkWeights
from app.inference.outcomes import KINDS, Floats
from training.country_figures import Annotate, Found, Resolve, accuracy_on_given_spans, articles, measure, report

GAZETTEER = Path(__file__).parents[1] / "app" / "inference" / "bundled" / "standpoint-en" / "gazetteer.tsv"
Score = Callable[[str, Sequence[Span]], tuple[Floats, Floats]]
"""Kind logits and country logits of spans in a text, a row for each span."""


def always(country: str) -> Resolve:
    return lambda text, spans: [country] * len(spans)


def dictionary(gazetteer: Gazetteer, *, kinds: Sequence[str] = ("name", "demonym", "capital", "place", "government")) -> Annotate:
    """The plain dictionary: every candidate is its best reading."""

    def annotate(text: str) -> list[Found]:
        return [
            Found(candidate.span.start, candidate.span.end, candidate.readings[0].country, candidate.readings[0].kind)
            for candidate in gazetteer.candidates(text)
            if candidate.readings[0].kind in kinds
        ]

    return annotate


def linked(gazetteer: Gazetteer, linker: Linker, score: Score) -> Annotate:
    """The link rule over the logits that `score` gives; `no_logits` leaves the decision to priors and the rest of the article."""

    def annotate(text: str) -> list[Found]:
        candidates = gazetteer.candidates(text)
        links = linker.link([(text, candidates)], *score(text, [candidate.span for candidate in candidates]))
        return [
            Found(candidate.span.start, candidate.span.end, link.country, link.kind)
            for candidate, link in zip(candidates, links, strict=True)
            if link
        ]

    return annotate


def no_logits(countries: int) -> Score:
    return lambda text, spans: (np.zeros((len(spans), len(KINDS))), np.zeros((len(spans), countries)))


def resolver(gazetteer: Gazetteer, linker: Linker, score: Score) -> Resolve:
    """The link rule when the spans are given: each of them means some country, also one whose name the gazetteer lacks."""

    def resolve(text: str, spans: Sequence[tuple[int, int]]) -> list[str | None]:
        given = [Span(*span) for span in sorted(set(spans))]
        others = [one for one in gazetteer.candidates(text) if not any(overlapping(one.span, span) for span in given)]
        plausible = countries_of(others)
        named = [Candidate(span, readings_of(gazetteer, text[span.start : span.end], plausible)) for span in given]
        candidates = sorted([*others, *named], key=lambda one: one.span)
        logits = score(text, [one.span for one in candidates])
        countries = linker.most_probable_countries([(text, candidates)], *logits)
        found = {(one.span.start, one.span.end): country for one, country in zip(candidates, countries, strict=True)}
        return [found[span] for span in spans]

    return resolve


def overlapping(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def countries_of(candidates: Sequence[Candidate]) -> list[CountryCode]:
    return sorted({one.readings[0].country for one in candidates} | {CountryCode("US")})


def readings_of(gazetteer: Gazetteer, quote: str, plausible: Sequence[CountryCode]) -> tuple[Reading, ...]:
    """Those of the longest name in the quote; of a name that the gazetteer lacks, one for each country of the article."""
    inside = gazetteer.candidates(quote)
    if inside:
        return max(inside, key=lambda one: one.span.end - one.span.start).readings
    return tuple(Reading(country, Kind.PLACE, 0.5 / len(plausible)) for country in plausible)


def main(data: Path, file: Annotated[str, typer.Argument()] = "lgl") -> None:
    gazetteer, gold = Gazetteer.load(GAZETTEER), articles(data, file)
    countries = sorted(gazetteer.codes)
    linker, score = Linker(countries, LinkWeights()), no_logits(len(countries))
    print(report(f"{file}, plain dictionary", measure(gold, dictionary(gazetteer))))
    print(report(f"{file}, names and demonyms only", measure(gold, dictionary(gazetteer, kinds=("name", "demonym")))))
    print(report(f"{file}, link rule without the transformer", measure(gold, linked(gazetteer, linker, score))))
    for name, resolve in (("always US", always("US")), ("link rule", resolver(gazetteer, linker, score))):
        print(f"{file}, spans given: {name} {accuracy_on_given_spans(gold, resolve):.3f}")


if __name__ == "__main__":
    typer.run(main)
