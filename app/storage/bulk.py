"""Many articles with their annotations at once, in one transaction, by the way that is fastest in the driver itself.

PostgreSQL takes rows by COPY; SQLite by one prepared statement for BLOCK of them, since FTS5 writes to its index at the end of
each statement, and each gives other threads of Python their turn. The values go through the same column types as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import JSON, Column, Connection, Date, Dialect, Enum, LargeBinary

from app.domain.records import StoredArticle
from app.storage import annotations as annotated
from app.storage import articles, groups, said, searchable
from app.storage.database import Session
from app.storage.failures import translated
from app.storage.tables import AnnotationRow, ArticleRow, BandRow, Base, RevisionRow, SearchableRow
from app.storage.texts import Traits
from app.storage.types import Identifier, Instant

BLOCK = 128
"""Rows of one statement on SQLite. It takes 32,766 values, and no table has 250 columns."""

Row = dict[str, Any]
Values = Iterator[tuple[Any, ...]]


def add(session: Session, stored: Sequence[tuple[StoredArticle, Traits]]) -> None:
    """New articles, each in its first revision. Raises UniqueViolation, as the insertion of a single one does."""
    for table, rows in made(stored):
        insert(session, table, rows)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows of one table as the driver takes them, to be made before a transaction. `names` are those of the columns."""

    table: type[Base]
    names: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


def insert(session: Session, table: type[Base], rows: Sequence[Row]) -> None:
    """Rows with the same names, in the same order. Raises UniqueViolation."""
    if rows:
        put(session, prepared(table, _by_name(rows), session.connection().dialect))


def put(session: Session, rows: Prepared) -> None:
    """Raises UniqueViolation."""
    if rows.rows:
        _put(session.connection(), rows)


def prepared(table: type[Base], columns: Mapping[str, Sequence[Any]], dialect: Dialect) -> Prepared:
    """Of columns by the names of their attributes."""
    known = [(table.__mapper__.c[name], found) for name, found in columns.items()]
    # Column by column: Python does a comprehension of one kind of value much faster than a row of many kinds.
    rows = list(zip(*(_bound(column, dialect, found) for column, found in known), strict=True))
    return Prepared(table, tuple(column.name for column, _ in known), rows)


def made(stored: Sequence[tuple[StoredArticle, Traits]]) -> Iterator[tuple[type[Base], list[Row]]]:
    """The rows of each table, by the names of its attributes, in the order that the foreign keys ask for."""
    yield ArticleRow, [articles.row(article) for article, _ in stored]
    yield RevisionRow, [articles.row_of_text(article) for article, _ in stored]
    yield AnnotationRow, [annotated.row(article.annotation) for article, _ in stored if article.annotation]
    yield from said.rows_of([article for article, _ in stored])
    yield SearchableRow, [searchable.row(UUID(article.id), traits.words) for article, traits in stored]
    yield BandRow, [row for article, traits in stored for row in groups.rows(UUID(article.id), traits.bands)]


def values(table: type[Base], rows: Sequence[Row], dialect: Dialect) -> Values:
    """As the driver takes them."""
    return iter(prepared(table, _by_name(rows), dialect).rows)


def statement(table: type[Base], rows: Sequence[Row], dialect: Dialect) -> str:
    return _statement(table, [table.__mapper__.c[name].name for name in rows[0]], dialect)


def _statement(table: type[Base], columns: Sequence[str], dialect: Dialect) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    if dialect.name == "postgresql":
        return f'COPY "{table.__tablename__}" ({names}) FROM STDIN'
    return f'INSERT INTO "{table.__tablename__}" ({names}) VALUES ({", ".join("?" * len(columns))})'


def _put(connection: Connection, rows: Prepared) -> None:
    written = _statement(rows.table, rows.names, connection.dialect)
    if connection.dialect.name == "postgresql":
        _copy(connection, written, rows.rows)
    else:
        _insert(connection, written, rows)


def _insert(connection: Connection, written: str, rows: Prepared) -> None:
    one_more = f", ({', '.join('?' * len(rows.names))})"
    begin = 0
    for block in _blocks(len(rows.rows)):
        flat = tuple(chain.from_iterable(rows.rows[begin : begin + block]))
        connection.exec_driver_sql(written + one_more * (block - 1), flat)
        begin += block


def _blocks(count: int) -> Iterator[int]:
    """BLOCK as often as it fits, and of the rest ever smaller powers of two: few different statements, which SQLite keeps."""
    block = BLOCK
    while count:
        if count >= block:
            yield block
            count -= block
        else:
            block //= 2


def _copy(connection: Connection, written: str, rows: Iterable[tuple[Any, ...]]) -> None:
    cursor = cast("Cursor[Any]", connection.connection.cursor())
    with translated(), cursor, cursor.copy(written.encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _by_name(rows: Sequence[Row]) -> dict[str, Sequence[Any]]:
    return dict(zip(rows[0], zip(*(row.values() for row in rows), strict=True), strict=True))


def _bound(column: Column[Any], dialect: Dialect, found: Sequence[Any]) -> Sequence[Any]:
    """What the type of the column does, for many values at once; each way is tested against it."""
    kind = column.type
    if isinstance(kind, Identifier):
        return (
            [value and value.bytes for value in found] if dialect.name == "sqlite" else [value and value.hex for value in found]
        )
    bind = kind.dialect_impl(dialect).bind_processor(dialect)
    if bind is None or isinstance(kind, LargeBinary):
        return found
    if isinstance(kind, JSON):
        # Most articles have no metadata, and many annotations tell of no relation.
        blank = {"{}": bind({}), "[]": bind([])}
        return [bind(value) if value or value is None else blank[str(value)] for value in found]
    if isinstance(kind, Instant | Enum | Date):
        # Few different ones in many rows.
        known = {value: bind(value) for value in set(found)}
        return [known[value] for value in found]
    return [bind(value) for value in found]
