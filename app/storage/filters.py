"""A Filter as JSON, to be kept with the job that it narrows. Loading gives back what was dumped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from app.domain.records import Filter
from app.domain.textquery import TextQuery
from app.domain.values import CountryCode, JudgedBy, Kind, Stance, Voice


def _phrases(found: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(map(tuple, found))


_LOADED: Mapping[str, Callable[[Any], Any]] = {
    "countries": lambda codes: tuple(CountryCode(code) for code in codes),
    "stances": lambda stances: tuple(stance and Stance(stance) for stance in stances),
    "kinds": lambda kinds: tuple(map(Kind, kinds)),
    "voice": Voice,
    "judged_by": JudgedBy,
    "q": lambda asked: TextQuery(**{part: _phrases(found) for part, found in asked.items()}),
    **dict.fromkeys(("published_from", "published_to", "created_from", "created_to"), datetime.fromisoformat),
}


def dump(wanted: Filter) -> dict[str, Any]:
    """Only the conditions that are given."""
    given = {field.name: getattr(wanted, field.name) for field in fields(wanted) if getattr(wanted, field.name) != field.default}
    return {name: _plain(value) for name, value in given.items()}


def load(conditions: Mapping[str, Any]) -> Filter:
    return Filter(**{name: _LOADED.get(name, _as_it_is)(value) for name, value in conditions.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, TextQuery):
        return asdict(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _as_it_is(value: Any) -> Any:
    return value
