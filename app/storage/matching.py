"""A TextQuery as SQL: an FTS5 expression on SQLite, tsquery on PostgreSQL. Words hold letters and digits only, and are bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    TableClause,
    and_,
    case,
    cast,
    column,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import Boolean

from app.domain.textquery import TextQuery
from app.storage.tables import SearchableRow

Phrase = Sequence[str]
Condition = ColumnElement[bool]


def articles(query: TextQuery) -> Select[UUID]:
    """Ids of the articles whose current title or text is what the query asks for."""
    return select(_SEARCHABLE.c.article_id).where(Either(_in_fts5(query), _in_tsvector(query)))


class Numbered(TableClause):
    """`searchable`, of which SQLite reads the index that has the number of each article and nothing else."""

    inherit_cache = True


@compiles(Numbered, "sqlite")
def _indexed(table: Numbered, compiler: SQLCompiler, asfrom: bool = False, **options: Any) -> str:
    written: str = compiler.visit_table(table, asfrom=asfrom, **options)  # type: ignore[no-untyped-call]
    # By itself it takes the rows, of which each stands on a page of its own, with all words of an article.
    return f"{written} INDEXED BY ix_searchable_number" if asfrom else written


_SEARCHABLE = Numbered("searchable", *(column(each.name, each.type) for each in SearchableRow.__table__.columns))


class Either(ColumnElement[bool]):
    """A condition that each database has words of its own for."""

    __visit_name__ = "either"
    _traverse_internals = [  # noqa: RUF012  (SQLAlchemy reads it from the class)
        ("sqlite", InternalTraversal.dp_clauseelement),
        ("postgresql", InternalTraversal.dp_clauseelement),
    ]
    inherit_cache = True
    type = Boolean()

    def __init__(self, sqlite: Condition, postgresql: Condition) -> None:
        self.sqlite = sqlite
        self.postgresql = postgresql

    def self_group(self, against: OperatorType | None = None) -> Self:
        """As it is: SQLAlchemy would write `= 1` behind it for SQLite, which then asks this of every row instead of an index."""
        return self


@compiles(Either)
def _compile(either: Either, compiler: SQLCompiler, **options: Any) -> str:
    chosen = either.postgresql if compiler.dialect.name == "postgresql" else either.sqlite
    return f"({compiler.process(chosen, **options)})"


def _in_fts5(query: TextQuery) -> Condition:
    unwanted = " OR ".join(map(_quoted, query.unwanted))
    if not query.wanted:
        return not_(_matching(unwanted))
    wanted = " AND ".join(map(_quoted, query.wanted))
    return _matching(f"({wanted}) NOT ({unwanted})" if unwanted else wanted)


def _matching(expression: str) -> Condition:
    index = table("searchable_words", column("rowid"))
    # The name of an FTS5 table stands for all its columns.
    found = select(index.c.rowid).where(column("searchable_words", is_literal=True).op("MATCH")(literal(expression)))
    return _SEARCHABLE.c.number.in_(found)


def _quoted(phrase: Phrase) -> str:
    return f'"{" ".join(phrase)}"'


def _in_tsvector(query: TextQuery) -> Condition:
    words = dict.fromkeys(word for phrase in query.wanted for word in phrase)
    # All words at once are what the index is asked; that those of a phrase follow each other is looked up in what it finds.
    together = [_has(_SEARCHABLE.c.words, _tsquery(list(words), "&")), _read()] if words else []
    wanted = [_has_phrase(phrase) for phrase in query.wanted if len(phrase) > 1]
    return and_(*together, *wanted, *(not_(_has_phrase(phrase)) for phrase in query.unwanted))


def _read() -> Condition:
    """Always true, and there for its cost alone: docs/decisions/0028-what-reading-words-costs.md.

    It takes a column, because what depends on no row would be decided once. IS NOT NULL is expected of 99.5% of rows, where
    a bare function is expected to be true of a third.
    """
    return func.searchable_read(_SEARCHABLE.c.number).is_not(None)


def _has_phrase(phrase: Phrase) -> Condition:
    if len(phrase) == 1:
        return _has(_SEARCHABLE.c.words, _tsquery(phrase, "&"))
    following = _tsquery(phrase, "<->")
    tail = func.unnest(_SEARCHABLE.c.tails).column_valued("tail")
    found = or_(_has(_SEARCHABLE.c.words, following), exists(select(tail).where(_has(tail, following))))
    # The planner expects EXISTS of half the rows, but an equation about which it knows nothing of one in 200.
    return case((found, 1), else_=0) == 1


def _has(vector: Any, query: ColumnElement[Any]) -> Condition:
    return vector.op("@@", is_comparison=True)(query)  # type: ignore[no-any-return]


def _tsquery(words: Phrase, between: str) -> ColumnElement[Any]:
    return cast(literal(f" {between} ".join(f"'{word}'" for word in words)), TSQUERY)
