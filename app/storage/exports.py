"""Statements of exports: the rows of the lists, the oldest first, and lines made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute

from app.domain import exports
from app.domain.exports import Line
from app.domain.records import ArticleFilter, Filter, Sort
from app.domain.relations import RelationFilter
from app.domain.values import JudgedBy
from app.storage import articles, relations, stances
from app.storage.keyset import Found, Keyset, OldestFirst, Statement
from app.storage.plain import plain, written
from app.storage.standing import Standing
from app.storage.tables import ArticleRow

Asked = TypeVar("Asked", bound=ArticleFilter)


@dataclass(frozen=True)
class Exported(Generic[Asked]):
    """One kind of export."""

    name: str
    columns: tuple[str, ...]
    listed: Callable[[Asked], Statement]
    newest_first: Callable[[Asked], Keyset]
    """The order of the list; its first column is the id by which an export is cut off at the mark."""
    selected: tuple[str, ...]
    """What `read` is given, in this order: the key, then the rest."""
    key_length: int
    read: Callable[[Found, str], Line]
    newest: Select[UUID]
    """The mark: the newest that is stored."""
    equal: Sequence[InstrumentedAttribute[UUID]] = ()
    """Columns of joined tables that are what the first one of the key is."""
    weight: int = 1
    """How many times as long as a stance a line is."""

    def batch(self, wanted: Asked, *, mark: UUID, after: Sequence[Any] | None, limit: int) -> Statement:
        """One row more than asked for, as `Keyset.page` has it."""
        keyset = OldestFirst(self.newest_first(wanted).columns)
        rows = self.listed(wanted).where(keyset.columns[0] <= mark)
        page = keyset.page(rows, after=after, limit=limit)
        # PostgreSQL does not infer it, and would begin each batch with the first article there is.
        bounds = [column >= UUID(after[0]) for column in self.equal] if after else []
        return plain(page.where(*(column <= mark for column in self.equal), *bounds), *self.selected)

    def whole(self, rows: Sequence[Found], *, limit: int) -> tuple[Sequence[Found], list[Any] | None]:
        """Of what `batch` found the rows with whole ids, and the key of the last if there are more.

        An article is read in one statement, so that no export mixes what two model versions said of it.
        """
        if len(rows) <= limit:
            return rows, None
        end = limit
        while rows[end - 1][0] == rows[limit][0]:
            end -= 1
        return rows[:end], self._key(rows[end - 1])

    def _key(self, row: Found) -> list[Any]:
        """`selected` begins with the columns of the key."""
        article_id, *rest = row[: self.key_length]
        return [written(article_id), *rest]


def _stance(row: Found, prefix: str) -> Line:
    article_id, rank, annotation_id, day, published_at, evidence, whose, *rest = row
    article_id = written(article_id)
    said = orjson.loads(evidence) if evidence else _NO_EVIDENCE
    start, end = said["span"]
    return (
        article_id,
        written(annotation_id),
        *rest,
        published_at or day,
        _HUMAN if whose == Standing.HUMAN else _MODEL,
        said["field"],
        start,
        end,
        said["quote"],
        f"{prefix}.{article_id}.{rank}",
    )


def _relation(row: Found, prefix: str) -> Line:
    article_id, rank, annotation_id, day, published_at, evidence, *rest = row
    article_id = written(article_id)
    said = orjson.loads(evidence)
    start, end = said["span"]
    return (
        article_id,
        written(annotation_id),
        *rest,
        published_at or day,
        said["field"],
        start,
        end,
        said["quote"],
        f"{prefix}.{article_id}.{rank}",
    )


def _article(row: Found, prefix: str) -> Line:
    identifier, day, published_at, group, *rest = row
    identifier = written(identifier)
    return (identifier, *rest, published_at or day, group and written(group), f"{prefix}.{identifier}")


_NO_EVIDENCE: dict[str, Any] = {"field": None, "span": (None, None), "quote": None}
_HUMAN, _MODEL = JudgedBy.HUMAN.value, JudgedBy.MODEL.value
_STANCE = exports.STANCE[2:-7]
_RELATION = ("source", "target", *exports.RELATION[4:-6])
_ARTICLE = exports.ARTICLE[1:-3]

_NEWEST_ARTICLE = select(ArticleRow.id).order_by(ArticleRow.id.desc()).limit(1)

STANCES: Exported[Filter] = Exported(
    "stances",
    exports.STANCE,
    stances.listed,
    lambda _: stances.ORDERS[Sort.CREATED_AT],
    ("article_id", "rank", "annotation_id", "published_day", "published_at", "evidence", "whose", *_STANCE),
    2,
    _stance,
    newest=_NEWEST_ARTICLE,
    equal=(ArticleRow.id,),
)
RELATIONS: Exported[RelationFilter] = Exported(
    "relations",
    exports.RELATION,
    relations.listed,
    lambda _: relations.ORDERS[Sort.CREATED_AT],
    ("article_id", "rank", "annotation_id", "published_day", "published_at", "evidence", *_RELATION),
    2,
    _relation,
    newest=_NEWEST_ARTICLE,
    equal=(ArticleRow.id,),
)
ARTICLES: Exported[Filter] = Exported(
    "articles",
    exports.ARTICLE,
    articles.listed,
    lambda wanted: articles.order(wanted, Sort.CREATED_AT),
    ("id", "published_day", "published_at", "duplicate_group", *_ARTICLE),
    1,
    _article,
    newest=_NEWEST_ARTICLE,
    equal=(ArticleRow.id,),
)
