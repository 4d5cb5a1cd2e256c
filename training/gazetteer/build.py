"""Builds gazetteer.tsv: every surface that may refer to a country, with its readings and their prior weights.

    python -m training.gazetteer.build [OUTPUT]

The weights of a surface sum to at most one; what is missing is the prior that the words mean no country at all. A
reading of country `-` has no weight: the longer name is matched so that the country's name inside it is not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from babel import Locale

from app.inference.candidates import fold
from training.gazetteer import places, tables

OUTPUT = Path(__file__).parents[2] / "app" / "inference" / "bundled" / "standpoint-en" / "gazetteer.tsv"

# How much a reading counts against others of the same surface. Places count by population, so that a country outweighs
# the towns called after it by about twenty to one, and a capital outweighs them by its own size.
NAME_MASS = 4e8
DEMONYM_MASS = 2e8
GOVERNMENT_MASS = 2e7
STATE_MASS = 2e7
REGION_MASS = 5e6
SUBDIVISION_MASS = 4e5
COUNTY_MASS = 1e5
CAPITAL_BONUS = 2e6
# An English-language article that writes the name of an American town means that town more often than its size says.
HOME_FACTOR = {"US": 4.0, "GB": 2.0, "CA": 2.0, "AU": 2.0, "IE": 2.0}

# How probable it is, before any context, that the words mean a place at all, by the best reading's class.
TRUST = {
    "name": 0.97,
    "demonym": 0.95,
    "government": 0.9,
    "capital": 0.93,
    "state": 0.95,
    "region": 0.9,
    "subdivision": 0.6,
    "county": 0.9,
}
TRUST_BY_POPULATION = ((400_000, 0.92), (100_000, 0.87), (50_000, 0.8), (10_000, 0.65), (2_500, 0.45), (0, 0.4))
TRUST_FACTOR = {"plain": 0.15, "word": 0.35, "person": 0.35}
# Above this mass (a home city of 200,000, any city of 800,000) it does not matter that the name is a word or somebody's too.
MASS_BEYOND_DOUBT = 8e5
DISPLAY, REGION, CAPITALS = "display", "region", "capitals"
LEAST_WEIGHT = 0.002
# A village called Cuba keeps a reading, however small beside the country's, so that "Cuba, Missouri" can be read.
LEAST_OF_NAMESAKE = 0.005
# Headlines in capitals name countries, capitals and towns of some size. A village in capitals is more often an acronym.
TRUSTED_IN_CAPITALS = 0.5
LETTERS_IN_CAPITALS = 4
# A small place whose name is a frequent word (Of, Reading, Hope) would be a candidate in every other sentence.
PLAIN_WORDS_NEED = 150_000
WORDS_AND_PERSONS_NEED = {"US": 3_000, "GB": 10_000, "CA": 10_000, "AU": 10_000, "IE": 10_000, "NZ": 10_000}
WORDS_AND_PERSONS_NEED_ELSEWHERE = 100_000
# Short names are acronyms and syllables of other names (Has, Nov, Hit) unless the town is a large one.
SHORT_NAMES_NEED = {1: 10_000_000, 2: 10_000_000, 3: 500_000, 4: 100_000}
UNSPECIFIC = re.compile(
    r"(?:(?:North|South|East|West|Central|Northern|Southern|Eastern|Western|Upper|Lower|Middle|Capital|Coast|Centre|Center|Islands?"
    r"|Metropolitan|Littoral|Plateaux?|Region|Federal|District|Territory|Mountain|River|Lakes?|Highlands?|Hills?|City|Bay|Port|Delta"
    r"|Outer|Inner|Special|Autonomous|Administrative|National|Northwest|Northeast|Southwest|Southeast|Province|Great)[ -]?)+"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to read one surface, before it is weighed against the others."""

    surface: str
    country: str
    kind: str
    mass: float
    trust: float
    note: str = ""


def main(output: Annotated[Path, typer.Argument()] = OUTPUT) -> None:
    weighed = list(weigh(list(entries())))
    lines = ["surface\tcountry\tkind\tweight\tnote", *sorted(set(weighed))]
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{output}: {len(lines) - 1} readings")


def entries() -> Iterator[Entry]:
    yield from name_entries()
    yield from demonym_entries()
    yield from government_entries()
    yield from capital_entries()
    yield from region_entries()
    yield from city_entries()
    yield from county_entries()
    yield from override_entries()


def name_entries() -> Iterator[Entry]:
    display = tables.display_names()
    for code, name in display.items():
        yield Entry(name, code, "name", NAME_MASS, TRUST["name"], note=DISPLAY)
    for code, name in [*tables.names(), *cldr_names(display)]:
        if name != display[code]:
            yield Entry(name, code, "name", NAME_MASS, TRUST["name"])


def cldr_names(codes: dict[str, str]) -> Iterator[tuple[str, str]]:
    """CLDR's English names and alternates; `&` and `St.` are written in both ways, bracketed doubles are left out."""
    territories = Locale("en").territories
    for code in codes:
        name = territories.get(code, "").replace("’", "'")
        spelled_out = name.replace("&", "and")
        for form in {name, spelled_out, spelled_out.replace("St. ", "Saint ")}:
            if form and not re.search(r"\(| - | SAR China", form):
                yield code, form


def demonym_entries() -> Iterator[Entry]:
    for code, form in tables.demonyms():
        yield Entry(form, code, "demonym", DEMONYM_MASS, TRUST["demonym"])


def government_entries() -> Iterator[Entry]:
    for surface, code, weight in tables.governments():
        yield Entry(surface, code, "government", GOVERNMENT_MASS * weight, weight)


def capital_entries() -> Iterator[Entry]:
    names = {form for _, form in tables.names()}
    population = {(city.name, city.country): city.population for city in places.cities()}
    for code, form in tables.listed("capitals.tsv"):
        if form not in names:
            yield Entry(form, code, "capital", CAPITAL_BONUS + 3 * population.get((form, code), 0), TRUST["capital"])


def region_entries() -> Iterator[Entry]:
    for code, form in tables.listed("regions.tsv"):
        yield Entry(form, code, "place", REGION_MASS, TRUST["region"], note=REGION)
    for code, form in tables.listed("regional_demonyms.tsv"):
        yield from (Entry(surface, code, "place", REGION_MASS, TRUST["region"]) for surface in tables.expanded(form))
    for postal, name, abbreviations in tables.states():
        for form in (name, *abbreviations):
            yield Entry(form, "US", "place", STATE_MASS, TRUST["state"], note=REGION)
        yield Entry(f", {postal}", "US", "place", STATE_MASS, TRUST["state"], note=REGION)
    unwanted = {fold(form) for _, form in tables.names()} | set(tables.commonness()) | tables.not_towns()
    for code, form in tables.rows("subdivisions.tsv"):
        if fold(form) not in unwanted and not UNSPECIFIC.fullmatch(form):
            yield Entry(form, code, "place", SUBDIVISION_MASS, TRUST["subdivision"], note=REGION)


def city_entries() -> Iterator[Entry]:
    common, not_towns = tables.commonness(), tables.not_towns()
    known = tables.display_names()
    display = set(known.values())
    for city in places.cities():
        plain = fold(city.name)
        is_namesake = is_at_home(city.country, "place") and city.name in display
        if city.country not in known or plain in not_towns or not (is_namesake or is_worth_matching(city, common.get(plain))):
            continue
        mass = city.population * HOME_FACTOR.get(city.country, 1.0)
        trust = next(trust for least, trust in TRUST_BY_POPULATION if city.population >= least)
        for name in (city.name, *places.also_written(city.name)):
            yield Entry(name, city.country, "place", mass, trust)
        for spelling in city.spellings:
            if fold(spelling) not in common and fold(spelling) not in not_towns:
                yield Entry(spelling, city.country, "place", mass / 3, trust / 2)


def is_worth_matching(city: places.City, commonness: str | None) -> bool:
    if not city.name[0].isupper() or UNSPECIFIC.fullmatch(city.name) or city.population < SHORT_NAMES_NEED.get(len(city.name), 0):
        return False
    if commonness == "plain":
        return city.population >= PLAIN_WORDS_NEED
    return commonness is None or city.population >= WORDS_AND_PERSONS_NEED.get(city.country, WORDS_AND_PERSONS_NEED_ELSEWHERE)


def county_entries() -> Iterator[Entry]:
    for county in places.counties():
        yield Entry(county, "US", "place", COUNTY_MASS, TRUST["county"], note=REGION)


def override_entries() -> Iterator[Entry]:
    """A reading whose weight is set exists, also where no other table has it (Korean for both Koreas)."""
    for (surface, code, kind), weight in tables.overrides().items():
        yield Entry(surface, code, kind, mass=1.0, trust=weight)


def weigh(found: list[Entry]) -> Iterator[str]:
    by_surface: dict[str, list[Entry]] = defaultdict(list)
    for entry in found:
        by_surface[entry.surface].append(entry)
    common, overrides, masks = tables.commonness(), tables.overrides(), set(tables.masks())
    needless = {surface for surface in by_surface if surface.startswith("the ") and surface[4:] in by_surface}
    for surface, readings in by_surface.items():
        if surface not in masks and surface not in needless:
            yield from lines_of(surface, readings, commonness=common.get(fold(surface)), overrides=overrides)
    yield from (f"{mask}\t-\t-\t1\t{CAPITALS}" for mask in masks)


def lines_of(
    surface: str, readings: list[Entry], *, commonness: str | None, overrides: dict[tuple[str, str, str], float]
) -> Iterator[str]:
    """Each reading's share of the surface's trust. Shares by the square root of mass: size matters, but not in proportion."""
    best: dict[tuple[str, str], Entry] = {}
    for entry in sorted(readings, key=lambda entry: entry.mass):
        best[entry.country, entry.kind] = entry
    best = without_repetition(best)
    trust = max(entry.trust for entry in best.values())
    only_places = all(entry.kind == "place" for entry in best.values())
    if commonness and only_places and max(entry.mass for entry in best.values()) < MASS_BEYOND_DOUBT:
        trust *= TRUST_FACTOR[commonness]
    total = sum(entry.mass**0.7 for entry in best.values())
    shares = {key: trust * entry.mass**0.7 / total for key, entry in best.items()}
    fixed = {key: overrides[surface, *key] for key in best if (surface, *key) in overrides}
    free = sum(share for key, share in shares.items() if key not in fixed) or 1.0
    left = max(min(trust, 0.99) - sum(fixed.values()), 0.01)
    weights = {key: fixed.get(key, share * min(1.0, left / free) if fixed else share) for key, share in shares.items()}
    if any(kind == "name" for _, kind in weights):
        weights = {key: max(weight, LEAST_OF_NAMESAKE) if is_at_home(*key) else weight for key, weight in weights.items()}
    in_capitals = len(surface) >= LETTERS_IN_CAPITALS and sum(weights.values()) >= TRUSTED_IN_CAPITALS and not surface.isupper()
    for (country, kind), weight in weights.items():
        if weight >= LEAST_WEIGHT:
            notes = sorted({entry.note for entry in readings if entry.note and (entry.country, entry.kind) == (country, kind)})
            if in_capitals and DISPLAY not in notes:
                notes.insert(0, CAPITALS)
            yield f"{surface}\t{country}\t{kind}\t{weight:.3f}\t{' '.join(notes)}"


def is_at_home(country: str, kind: str) -> bool:
    return kind == "place" and country in places.SMALLEST


def without_repetition(best: dict[tuple[str, str], Entry]) -> dict[tuple[str, str], Entry]:
    """A city or capital that only repeats the country's name or the capital it is (Singapore, Paris) is no reading of its own."""
    strong = {(country, kind) for country, kind in best if kind in ("name", "demonym", "capital")}
    return {
        (country, kind): entry
        for (country, kind), entry in best.items()
        if kind != "place" or not any((country, other) in strong for other in ("name", "capital")) or country == "US"
    }


if __name__ == "__main__":
    typer.run(main)
