"""Many articles with their annotations at once, in one transaction, by the way that is fastest in the driver itself.

PostgreSQL takes rows by COPY; SQLite by one prepared statement. The values go through the same column types as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import Column, Connection, Dialect, Enum

from app.domain.records import StoredArticle
from app.storage import annotations as annotated
from app.storage import articles, groups, searchable, stances
from app.storage.database import Session
from app.storage.failures import translated
from app.storage.tables import AnnotationRow, ArticleRow, BandRow, Base, RevisionRow, SearchableRow, StanceRow
from app.storage.texts import Traits
from app.storage.types import Instant

Row = dict[str, Any]
Values = Iterator[tuple[Any, ...]]


def add(session: Session, stored: Sequence[tuple[StoredArticle, Traits]]) -> None:
    """New articles, each in its first revision. Raises UniqueViolation, as the insertion of a single one does."""
    for table, rows in made(stored):
        insert(session, table, rows)


def insert(session: Session, table: type[Base], rows: Sequence[Row]) -> None:
    """Rows with the same names, in the same order. Raises UniqueViolation."""
    if rows:
        _insert(session.connection(), table, rows)


def made(stored: Sequence[tuple[StoredArticle, Traits]]) -> Iterator[tuple[type[Base], list[Row]]]:
    """The rows of each table, by the names of its attributes, in the order that the foreign keys ask for."""
    yield ArticleRow, [articles.row(article) for article, _ in stored]
    yield RevisionRow, [articles.row_of_text(article) for article, _ in stored]
    yield AnnotationRow, [annotated.row(article.annotation) for article, _ in stored if article.annotation]
    yield StanceRow, [row for article, _ in stored for row in stances.rows(article)]
    yield SearchableRow, [searchable.row(UUID(article.id), traits.words) for article, traits in stored]
    yield BandRow, [row for article, traits in stored for row in groups.rows(UUID(article.id), traits.bands)]


def values(table: type[Base], rows: Sequence[Row], dialect: Dialect) -> Values:
    """As the driver takes them."""
    # Column by column: Python does a comprehension of one kind of value much faster than a row of many kinds.
    columns = zip(_columns(table, rows), zip(*(row.values() for row in rows), strict=True), strict=True)
    return zip(*(_bound(column, dialect, found) for column, found in columns), strict=True)


def statement(table: type[Base], rows: Sequence[Row], dialect: Dialect) -> str:
    columns = [column.name for column in _columns(table, rows)]
    names = ", ".join(f'"{name}"' for name in columns)
    if dialect.name == "postgresql":
        return f'COPY "{table.__tablename__}" ({names}) FROM STDIN'
    return f'INSERT INTO "{table.__tablename__}" ({names}) VALUES ({", ".join("?" * len(columns))})'


def _insert(connection: Connection, table: type[Base], rows: Sequence[Row]) -> None:
    dialect = connection.dialect
    written, found = statement(table, rows, dialect), values(table, rows, dialect)
    if dialect.name == "postgresql":
        _copy(connection, written, found)
    else:
        connection.exec_driver_sql(written, list(found))


def _copy(connection: Connection, written: str, found: Values) -> None:
    cursor = cast("Cursor[Any]", connection.connection.cursor())
    with translated(), cursor, cursor.copy(written.encode()) as copy:
        for row in found:
            copy.write_row(row)


def _bound(column: Column[Any], dialect: Dialect, found: Sequence[Any]) -> Sequence[Any]:
    bind = _bind(column, dialect)
    if bind is None:
        return found
    if isinstance(column.type, Instant | Enum):
        # Few different ones in many rows.
        known = {value: bind(value) for value in set(found)}
        return [known[value] for value in found]
    return [bind(value) for value in found]


def _columns(table: type[Base], rows: Sequence[Row]) -> list[Column[Any]]:
    return [table.__mapper__.c[name] for name in rows[0]]


def _bind(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    return column.type.dialect_impl(dialect).bind_processor(dialect)
