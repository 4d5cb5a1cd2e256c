"""Statements of lists: one page, its columns as the drivers give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import select, union_all

from app.domain.records import Filter, ListedArticle, ListedStance, Sort
from app.storage import articles, stances
from app.storage.keyset import Found, Keyset, Statement
from app.storage.plain import plain, plain_column, written

Item = TypeVar("Item")

STATEMENTS = 128
"""Kept of those made last. To make one takes a quarter of the time of a whole page, and who reads on, or asks again, asks for the
same."""


@dataclass(frozen=True)
class Listed(Generic[Item]):
    """One kind of list."""

    name: str
    listed: Callable[[Filter], Statement]
    order: Callable[[Filter, Sort], Keyset]
    selected: tuple[str, ...]
    """What `read` is given, in this order; the key of the row stands behind."""
    read: Callable[[Found], Item]
    parts: Callable[[Filter, Sort], Sequence[Filter]] = lambda wanted, sort: ()
    """Of stances: `stances.parts`."""

    def page(self, wanted: Filter, sort: Sort, *, after: Sequence[Any] | None, limit: int) -> tuple[Statement, dict[str, Any]]:
        """With its parameters. One row more than asked for, as `Keyset.page` has it."""
        place = {} if after is None else self.order(wanted, sort).place(after)
        return _page(self, wanted, sort, limit, continued=after is not None), place

    def key(self, row: Found) -> list[Any]:
        return [written(value) if isinstance(value, bytes) else value for value in row[len(self.selected) :]]


@lru_cache(maxsize=STATEMENTS)
def _page(kind: Listed[Any], wanted: Filter, sort: Sort, limit: int, *, continued: bool) -> Statement:
    keyset = kind.order(wanted, sort)
    if parts := kind.parts(wanted, sort):
        found = [keyset.rows(stances.keys(part), limit=limit, continued=continued).subquery() for part in parts]
        # In parentheses of its own, because SQLite looks rows up by what one SELECT finds and not by what several do.
        together = union_all(*(select(*each.c) for each in found)).subquery()
        rows = keyset.rows(stances.with_keys(wanted, select(*together.c)), limit=limit, continued=False)
    else:
        rows = keyset.rows(kind.listed(wanted), limit=limit, continued=continued)
    return plain(rows, *kind.selected).add_columns(*map(plain_column, keyset.columns))


STANCES: Listed[ListedStance] = Listed(
    "stances", stances.listed, lambda _, sort: stances.ORDERS[sort], stances.SELECTED, stances.read, stances.parts
)
ARTICLES: Listed[ListedArticle] = Listed("articles", articles.listed, articles.order, articles.SELECTED, articles.read_listed)
