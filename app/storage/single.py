"""One new article by the fewest and cheapest statements: somebody waits for it, and beside a busy encoder each of them weighs.

Statements are made once. Making one anew, and looking it up among those compiled, takes longer than any database takes to do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from psycopg import Connection as Psycopg
from sqlalchemy import Connection, Dialect, Row, Select, Table, bindparam, insert, select

from app.domain.records import StoredArticle
from app.storage import annotations as annotated
from app.storage import articles, groups, searchable, stances, vectors
from app.storage.database import Session, driver_connection
from app.storage.tables import (
    AnnotationRow,
    ArticleRow,
    BandRow,
    Base,
    RevisionRow,
    SearchableRow,
    StanceRow,
    UncomparedRow,
    VectorsRow,
)
from app.storage.texts import Traits

_ARTICLE = cast(Table, ArticleRow.__table__)
_IDENTIFIED: Select[UUID] = select(_ARTICLE.c.id).where(_ARTICLE.c.identity == bindparam("identity"))

Values = dict[str, Any]


def holder(session: Session, identity: bytes) -> UUID | None:
    """The article that has this identity."""
    return session.connection().execute(_IDENTIFIED, {"identity": identity}).scalar()


def proposed(session: Session, traits: Traits, *, other_than: UUID) -> list[Row[UUID, UUID | None, str]]:
    """`groups.proposed`, answered; on PostgreSQL after `groups.taking_turns`."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(groups.taking_turns(), {"bands": traits.bands})
    asked = groups.asked(traits.bands, other_than=other_than)
    return list(connection.execute(groups.proposed(len(traits.bands)), asked))


def add(session: Session, article: StoredArticle, traits: Traits, *, identity: bytes) -> None:
    """An article in its first revision, with all that is derived of it. Raises UniqueViolation where its identity is taken."""
    connection = session.connection()
    written = [(_insertion(table, tuple(rows[0]), connection.dialect), rows) for table, rows in _rows(article, traits, identity)]
    if connection.dialect.name == "postgresql":
        _in_one_trip(cast("Psycopg[Any]", driver_connection(session)), written)
    else:
        _one_by_one(connection, written)


@dataclass(frozen=True, slots=True)
class _Insertion:
    """As the driver takes it: `binds` make its value of ours, and `order` is that of values that are not named."""

    statement: str
    binds: Mapping[str, tuple[str, Callable[[Any], Any] | None]]
    order: tuple[str, ...]

    def values(self, row: Values) -> Values:
        return {key: bind(row[name]) if bind else row[name] for name, (key, bind) in self.binds.items()}


@lru_cache(maxsize=64)
def _insertion(table: type[Base], names: tuple[str, ...], dialect: Dialect) -> _Insertion:
    columns = {name: table.__mapper__.c[name] for name in names}
    keys = [column.key for column in columns.values()]
    compiled = insert(cast(Table, table.__table__)).inline().compile(dialect=dialect, column_keys=keys)
    binds = {name: (column.key, column.type.dialect_impl(dialect).bind_processor(dialect)) for name, column in columns.items()}
    return _Insertion(str(compiled), binds, tuple(compiled.positiontup or ()))


def _rows(article: StoredArticle, traits: Traits, identity: bytes) -> Iterator[tuple[type[Base], list[Values]]]:
    """In the order that the foreign keys ask for; none of the lists is empty."""
    article_id = UUID(article.id)
    yield ArticleRow, [articles.row(article, known=identity)]
    yield RevisionRow, [articles.row_of_text(article)]
    if article.annotation:
        yield AnnotationRow, [annotated.row(article.annotation)]
        if compared := vectors.rows([article.annotation]):
            yield VectorsRow, compared
            yield UncomparedRow, vectors.uncompared(compared)
    if said := stances.rows(article):
        yield StanceRow, said
    yield SearchableRow, [searchable.row(article_id, traits.words)]
    if traits.bands:
        yield BandRow, groups.rows(article_id, traits.bands)


Written = list[tuple[_Insertion, list[Values]]]


def _in_one_trip(connection: Psycopg[Any], written: Written) -> None:
    """PostgreSQL hears all of them before it has to answer the first."""
    with connection.pipeline(), connection.cursor() as cursor:
        for insertion, rows in written:
            cursor.executemany(insertion.statement, [insertion.values(row) for row in rows])


def _one_by_one(connection: Connection, written: Written) -> None:
    for insertion, rows in written:
        found = [insertion.values(row) for row in rows]
        connection.exec_driver_sql(insertion.statement, [tuple(row[key] for key in insertion.order) for row in found])
