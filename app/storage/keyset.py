"""Pages by the key of their last row: page 1,000 costs what page 1 does, and rows that come in meanwhile move nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Row, Select, SmallInteger, Subquery, and_, bindparam, or_, tuple_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from app.domain.errors import InvalidCursor
from app.storage import ids

Column = InstrumentedAttribute[Any]
Statement = Select[*tuple[Any, ...]]
Found = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Keyset:
    """Columns that are unique together; the greatest come first."""

    columns: tuple[Column, ...]

    def page(self, statement: Statement, *, after: Sequence[Any] | None, limit: int) -> Statement:
        """One row more than asked for, which tells whether there is a next page. The key stands at the end of each row."""
        rest = statement if after is None else statement.where(self._after(self._read(after)))
        return rest.add_columns(*self.columns).order_by(*self._order()).limit(limit + 1)

    def rows(self, statement: Statement, *, limit: int, continued: bool) -> Statement:
        """As `page`, but whatever the key is: `continued` waits for the parameters that `place` makes of one."""
        rest = statement.where(self._after(self._parameters())) if continued else statement
        return rest.order_by(*self._order()).limit(limit + 1)

    def place(self, after: Sequence[Any]) -> dict[str, Any]:
        return {_name(number): value for number, value in enumerate(self._read(after))}

    def _parameters(self) -> list[Any]:
        return [bindparam(_name(number), type_=column.type) for number, column in enumerate(self.columns)]

    def key(self, row: Sequence[Any]) -> list[Any]:
        return list(row[-len(self.columns) :])

    def _order(self) -> list[ColumnElement[Any]]:
        return [column.desc() for column in self.columns]

    def _after(self, key: list[Any]) -> ColumnElement[bool]:
        return tuple_(*self.columns) < tuple_(*key, types=[column.type for column in self.columns])

    def _read(self, values: Sequence[Any]) -> list[Any]:
        if len(values) != len(self.columns):
            raise InvalidCursor("is damaged")
        return [_read(value, column.type) for value, column in zip(values, self.columns, strict=True)]


@dataclass(frozen=True)
class OldestFirst(Keyset):
    """The smallest come first."""

    def _order(self) -> list[ColumnElement[Any]]:
        return [column.asc() for column in self.columns]

    def _after(self, key: list[Any]) -> ColumnElement[bool]:
        return tuple_(*self.columns) > tuple_(*key, types=[column.type for column in self.columns])


@dataclass(frozen=True)
class Alphabetical(Keyset):
    """One column from A to Z by code point, its missing value last."""

    def _order(self) -> list[ColumnElement[Any]]:
        return [column.asc().nulls_last() for column in self.columns]

    def _after(self, key: list[Any]) -> ColumnElement[bool]:
        return or_(
            *(column > value for column, value in zip(self.columns, key, strict=True)),
            *(column.is_(None) for column in self.columns),
        )


def with_key(statement: Statement, key: Sequence[Any], found: Subquery) -> Statement:
    """Its rows whose key is found. What IN asks for, SQLite finds twice: for the first column of the key, and for the others."""
    return statement.join(found, and_(*(own == each for own, each in zip(key, found.c, strict=True))))


def _name(number: int) -> str:
    return f"after_{number}"


def _read(value: Any, kind: TypeEngine[Any]) -> Any:
    """Raises InvalidCursor for a value that the column cannot be compared with."""
    if kind.python_type is UUID and isinstance(value, str) and (identifier := ids.parse(value)):
        return identifier
    if kind.python_type is int and type(value) is int and abs(value) < 2 ** _bits(kind):
        return value
    if kind.python_type is str and isinstance(value, str) and _storable(value):
        return value
    raise InvalidCursor("is damaged")


def _storable(text: str) -> bool:
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text)


def _bits(kind: TypeEngine[Any]) -> int:
    return 63 if isinstance(kind, BigInteger) else 15 if isinstance(kind, SmallInteger) else 31
