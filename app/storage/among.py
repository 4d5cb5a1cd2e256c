"""Membership in a list that may be long."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Dialect, LargeBinary, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeEngine, UserDefinedType

from app.storage.types import DIGEST_BYTES, Identifier


class Among(FunctionElement[Any]):
    """`IN` the values of one parameter. With a parameter for each value, to bind them takes longer than to find the rows."""

    inherit_cache = True
    # Of a Boolean that is no comparison SQLAlchemy asks `= 1` on SQLite, which then looks at every row instead of into the index.
    type = NullType()


def among(column: Any, values: Sequence[Any]) -> ColumnElement[Any]:
    """Of a column of identifiers, digests or whole numbers."""
    return Among(column, bindparam(None, values, type_=Listed(type(column.type)), unique=True))


class Written(UserDefinedType[str]):
    """Text of a value. The server reads it once, while a cast of what is known as TEXT would be done for every row."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "UNKNOWN"


class Listed(TypeDecorator[Sequence[Any]]):
    """An array as text on PostgreSQL, since the driver would make it value by value; on SQLite values of one length, or JSON."""

    impl = Written
    cache_ok = True

    def __init__(self, kind: type[TypeEngine[Any]]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        return _WRITTEN[dialect.name][self.kind](value or ())


def _array(text: Callable[[Any], str]) -> Callable[[Sequence[Any]], str]:
    return lambda values: f"{{{','.join([text(value) for value in values])}}}"


_WRITTEN: Mapping[str, Mapping[type[TypeEngine[Any]], Callable[[Sequence[Any]], str | bytes]]] = {
    "postgresql": {
        Identifier: _array(lambda value: value.hex),
        BigInteger: _array(str),
        LargeBinary: _array(lambda value: f'"\\\\x{value.hex()}"'),
    },
    "sqlite": {
        Identifier: lambda values: b"".join([value.bytes for value in values]),
        BigInteger: lambda values: f"[{','.join(map(str, values))}]",
        LargeBinary: b"".join,
    },
}

# Bare, and no expression around them: SQLite puts either list into a table of its own once, and looks up each in the index.
_NUMBERS = "SELECT value FROM json_each({listed})"
_PIECES = (
    "WITH RECURSIVE place(number) AS"
    " (SELECT 1 UNION ALL SELECT number + {size} FROM place WHERE number + {size} < length({listed}))"
    " SELECT substr({listed}, number, {size}) FROM place"
)


@compiles(Among, "sqlite")
def _in(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    column, listed = element.clauses
    values = _NUMBERS if isinstance(column.type, BigInteger) else _PIECES
    written = values.format(listed=compiler.process(listed, **options), size=DIGEST_BYTES)
    return f"{compiler.process(column, **options)} IN ({written})"


@compiles(Among, "postgresql")
def _any(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    column, listed = element.clauses
    array = compiler.dialect.type_compiler_instance.process(ARRAY(column.type))
    return f"{compiler.process(column, **options)} = ANY (CAST({compiler.process(listed, **options)} AS {array}))"
