"""Salience: how much an article is about a country, 0..1, from its mentions alone.

    mass      of a mention = kind x position x probability of the link
              kind: a name counts 1, a demonym or government 0.9, a capital 0.8, another place 0.4
              position: 3 in the title; in the text 1.5 at the first word, falling in a straight line to 0.75 at the last
    strength  = 1 - exp(-mass of the country / 2): one mention in passing is little, five are nearly all
    share     = mass of the country / mass of all countries
    salience  = strength x square root of share

Both factors rise with the mass of the country and every mention has some, so that one more mention never lowers a
country's salience; it may lower that of the others, whose share it takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, sqrt

from app.domain.values import CountryCode, Field, Kind

KIND_MASS = {Kind.NAME: 1.0, Kind.DEMONYM: 0.9, Kind.GOVERNMENT: 0.9, Kind.CAPITAL: 0.8, Kind.PLACE: 0.4}
TITLE_FACTOR = 3.0
FIRST_WORD_FACTOR = 1.5
LAST_WORD_FACTOR = 0.75
# The mass at which a country has 63% of the strength it can have: two mentions by name in the middle of the text.
ENOUGH = 2.0


@dataclass(frozen=True, slots=True)
class Cue:
    """What a mention says about salience. `position` is where it starts, as a part (0..1) of the length of its field."""

    country: CountryCode
    kind: Kind
    field: Field
    position: float
    probability: float = 1.0


def saliences(cues: Iterable[Cue]) -> dict[CountryCode, float]:
    """The salience of each mentioned country."""
    masses: dict[CountryCode, float] = {}
    for cue in cues:
        masses[cue.country] = masses.get(cue.country, 0.0) + mass(cue)
    total = sum(masses.values())
    return {country: (1.0 - exp(-own / ENOUGH)) * sqrt(own / total) for country, own in masses.items() if own > 0.0}


def mass(cue: Cue) -> float:
    return KIND_MASS[cue.kind] * position_factor(cue) * cue.probability


def position_factor(cue: Cue) -> float:
    if cue.field is Field.TITLE:
        return TITLE_FACTOR
    return FIRST_WORD_FACTOR + (LAST_WORD_FACTOR - FIRST_WORD_FACTOR) * cue.position
