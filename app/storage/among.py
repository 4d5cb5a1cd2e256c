"""Membership in a list that may be long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from sqlalchemy import ARRAY, Boolean, ColumnElement, any_, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType


class Among(FunctionElement[bool]):
    """`IN` with a parameter for each value, or `= ANY` with one array on PostgreSQL, where a thousand parameters take long."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: OperatorType | None = None) -> Self:
        """As it is: SQLAlchemy would write `= 1` behind it for SQLite, which then asks this of every row instead of an index."""
        return self


def among(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    return Among(column.in_(values), column == any_(literal(list(values), ARRAY(column.type))))


@compiles(Among, "sqlite")
def _in(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    each, _ = element.clauses
    return compiler.process(each, **options)


@compiles(Among, "postgresql")
def _any(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    _, array = element.clauses
    return compiler.process(array, **options)
