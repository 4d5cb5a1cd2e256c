"""Statements on the counts of pairs of countries, which triggers keep: docs/decisions/0025-counts-of-pairs.md."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.records import Filter
from app.domain.values import CountryCode, Stance
from app.storage.sums import UNDECIDED
from app.storage.tables import PairRow

Column = InstrumentedAttribute[str]


def hold(wanted: Filter) -> bool:
    """Whether the counts of pairs answer this: with no filter but countries beside it and stances toward it."""
    return replace(wanted, countries=(), stances=()) == Filter()


def beside(wanted: Filter, country: CountryCode) -> tuple[ColumnElement[str], Select[*tuple[Any, ...]]]:
    """The column of the other country, and `counts.related` without names and order."""
    both = _both_sides(wanted, country).c
    articles: ColumnElement[int] = func.sum(both.articles)

    def counts(stance: ColumnElement[str]) -> list[ColumnElement[int]]:
        return [func.coalesce(articles.filter(stance == str(each)), 0) for each in (*Stance, UNDECIDED)]

    counted = select(both.other, *counts(both.toward_other), *counts(both.toward_it))
    return both.other, counted.group_by(both.other).having(articles > 0).order_by(articles.desc(), both.other)


def _both_sides(wanted: Filter, country: CountryCode) -> Subquery:
    """Each pair is counted once, so that a country is the first of some and the second of others."""
    first, second = (PairRow.country, PairRow.stance), (PairRow.beside, PairRow.beside_stance)
    return union_all(_side(wanted, country, first, second), _side(wanted, country, second, first)).subquery()


def _side(
    wanted: Filter, country: CountryCode, own: tuple[Column, Column], others: tuple[Column, Column]
) -> Select[str, str, str, int]:
    (code, stance), (other, toward_other) = own, others
    found = select(other.label("other"), toward_other.label("toward_other"), stance.label("toward_it"), PairRow.articles)
    found = found.where(code == country)
    if wanted.countries:
        found = found.where(other.in_(wanted.countries))
    if wanted.stances:
        found = found.where(stance.in_([each or UNDECIDED for each in wanted.stances]))
    return found
