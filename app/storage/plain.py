"""Columns as the drivers give them, alike on both databases: what a million rows cannot afford to turn into objects first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ColumnElement, Date, Enum, Text, cast, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.storage.keyset import Statement
from app.storage.types import Identifier, Instant


class PlainIdentifier(FunctionElement[Any]):
    """Text on PostgreSQL, bytes on SQLite, which has no quick way to write them as text; `written` does that."""

    inherit_cache = True
    type = Text()


class PlainInstant(FunctionElement[str]):
    """RFC 3339, in UTC, with six digits of a second unless they are all zero: as the rest of the contract writes it."""

    inherit_cache = True
    type = Text()


class PlainDay(FunctionElement[str]):
    """ISO 8601."""

    inherit_cache = True
    type = Text()


def plain(statement: Statement, *names: str) -> Statement:
    """The same rows with these columns of theirs: identifiers, instants and days as text, words and JSON as they are stored."""
    columns = {column.key: column for column in statement.selected_columns}
    return statement.with_only_columns(*(plain_column(columns[name]) for name in names), maintain_column_froms=True)


def written(identifier: str | bytes) -> str:
    """The canonical form of what PlainIdentifier selects."""
    if isinstance(identifier, str):
        return identifier
    digits = identifier.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def plain_column(column: Any) -> ColumnElement[Any]:
    match column.type:
        case Identifier():
            return PlainIdentifier(column)
        case Instant():
            return PlainInstant(column)
        case Enum():
            return type_coerce(column, Text())
        case Date():
            return PlainDay(column)
        case JSON():
            return cast(column, Text())
        case _:
            return column  # type: ignore[no-any-return]


@compiles(PlainIdentifier, "postgresql")
def _uuid_as_text(element: PlainIdentifier, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS TEXT)"


@compiles(PlainIdentifier, "sqlite")
def _blob(element: PlainIdentifier, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(PlainInstant, "postgresql")
def _timestamp_as_text(element: PlainInstant, compiler: SQLCompiler, **options: Any) -> str:
    # Whatever zone the connection is in: the environment (PGTZ) or a pooler can have the last word.
    instant = compiler.process(element.clauses, **options)
    text = f"""to_char({instant} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"replace({text}, '.000000Z', 'Z')"


@compiles(PlainDay, "postgresql")
def _day_as_text(element: PlainDay, compiler: SQLCompiler, **options: Any) -> str:
    # Whatever PGDATESTYLE says.
    return f"to_char({compiler.process(element.clauses, **options)}, 'YYYY-MM-DD')"


@compiles(PlainDay, "sqlite")
def _day(element: PlainDay, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS TEXT)"


@compiles(PlainInstant, "sqlite")
def _text_with_offset(element: PlainInstant, compiler: SQLCompiler, **options: Any) -> str:
    return f"replace(replace({compiler.process(element.clauses, **options)}, ' ', 'T') || 'Z', '.000000Z', 'Z')"
