"""Membership in a list that may be long."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, LargeBinary, any_, bindparam, cast, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeEngine, UserDefinedType

from app.storage.types import Identifier


class Among(FunctionElement[Any]):
    """`IN` with a parameter for each value, or `= ANY` with one array on PostgreSQL, where a thousand parameters take long."""

    inherit_cache = True
    # Of a Boolean that is no comparison SQLAlchemy asks `= 1` on SQLite, which then looks at every row instead of into the index.
    type = NullType()


def among(column: Any, values: Sequence[Any]) -> ColumnElement[Any]:
    # Said to be a list, so that not each value is looked at.
    listed = bindparam(None, values, type_=column.type, expanding=True, unique=True)
    return Among(column.in_(listed), column == any_(_array(column.type, values)))


def _array(kind: TypeEngine[Any], values: Sequence[Any]) -> ColumnElement[Any]:
    """The driver makes an array value by value; its text is there ten times as soon."""
    written = _WRITTEN.get(type(kind))
    if written is None:
        return literal(list(values), ARRAY(kind))
    return cast(literal(f"{{{','.join([written(value) for value in values])}}}", Written()), ARRAY(kind))


class Written(UserDefinedType[str]):
    """Text of a value. The server reads it once, while a cast of what is known as TEXT would be done for every row."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "UNKNOWN"


_WRITTEN: Mapping[type[TypeEngine[Any]], Callable[[Any], str]] = {
    Identifier: attrgetter("hex"),
    BigInteger: str,
    LargeBinary: lambda value: f'"\\\\x{value.hex()}"',
}


@compiles(Among, "sqlite")
def _in(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    each, _ = element.clauses
    return compiler.process(each, **options)


@compiles(Among, "postgresql")
def _any(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    _, array = element.clauses
    return compiler.process(array, **options)
