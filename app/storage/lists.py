"""Statements of lists: one page, its columns as the drivers give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, Subquery, select, union_all

from app.domain.records import ArticleFilter, Filter, ListedArticle, ListedStance, Sort
from app.domain.relations import ListedRelation, RelationFilter
from app.storage import articles, relations, stances
from app.storage.keyset import Found, Keyset, Statement
from app.storage.plain import plain, plain_column, written

Asked = TypeVar("Asked", bound=ArticleFilter)
Item = TypeVar("Item")

STATEMENTS = 128
"""Kept of those made last. To make one takes a quarter of the time of a whole page, and who reads on, or asks again, asks for the
same."""


@dataclass(frozen=True)
class ByKey(Generic[Asked]):
    """A list of which pages of keys are sought part by part, and only those joined: `stances.parts`."""

    parts: Callable[[Asked, Sort], Sequence[Asked]]
    keys: Callable[[Asked, Sort], Select[*tuple[Any, ...]]]
    with_keys: Callable[[Asked, Subquery], Statement]


@dataclass(frozen=True)
class Listed(Generic[Asked, Item]):
    """One kind of list."""

    name: str
    listed: Callable[[Asked], Statement]
    order: Callable[[Asked, Sort], Keyset]
    selected: tuple[str, ...]
    """What `read` is given, in this order; the key of the row stands behind."""
    read: Callable[[Found], Item]
    by_key: ByKey[Asked] | None = None

    def page(self, wanted: Asked, sort: Sort, *, after: Sequence[Any] | None, limit: int) -> tuple[Statement, dict[str, Any]]:
        """With its parameters. One row more than asked for, as `Keyset.page` has it."""
        place = {} if after is None else self.order(wanted, sort).place(after)
        return _page(self, wanted, sort, limit, continued=after is not None), place

    def key(self, row: Found) -> list[Any]:
        return [written(value) if isinstance(value, bytes) else value for value in row[len(self.selected) :]]


@lru_cache(maxsize=STATEMENTS)
def _page(kind: Listed[Any, Any], wanted: ArticleFilter, sort: Sort, limit: int, *, continued: bool) -> Statement:
    keyset, by_key = kind.order(wanted, sort), kind.by_key
    if by_key and (parts := by_key.parts(wanted, sort)):
        found = [keyset.rows(by_key.keys(part, sort), limit=limit, continued=continued).subquery() for part in parts]
        together = union_all(*(select(*each.c) for each in found)).subquery()
        rows = keyset.rows(by_key.with_keys(wanted, together), limit=limit, continued=False)
    else:
        rows = keyset.rows(kind.listed(wanted), limit=limit, continued=continued)
    return plain(rows, *kind.selected).add_columns(*map(plain_column, keyset.columns))


STANCES: Listed[Filter, ListedStance] = Listed(
    "stances",
    stances.listed,
    lambda _, sort: stances.ORDERS[sort],
    stances.SELECTED,
    stances.read,
    ByKey(stances.parts, stances.keys, stances.with_keys),
)
ARTICLES: Listed[Filter, ListedArticle] = Listed(
    "articles",
    articles.listed,
    articles.order,
    articles.SELECTED,
    articles.read_listed,
    ByKey(articles.parts, articles.keys, articles.with_keys),
)
RELATIONS: Listed[RelationFilter, ListedRelation] = Listed(
    "relations",
    relations.listed,
    lambda _, sort: relations.ORDERS[sort],
    relations.SELECTED,
    relations.read,
    ByKey(relations.parts, relations.keys, relations.with_keys),
)
