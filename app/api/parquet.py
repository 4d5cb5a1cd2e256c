"""Parquet, written by pyarrow where the extra `parquet` is installed."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from app.api import problems
from app.api.problems import RequestError
from app.domain.exports import Line

try:
    import pyarrow
    from pyarrow import parquet
except ImportError:  # It is 170 MB, a third of what the whole service may have.
    pyarrow = None

ROWS = 20_000
"""Lines of one row group, some 20 MB before compression: fewer compress badly, more take memory."""

NUMBERS: Mapping[str, str] = {
    **dict.fromkeys(("favor", "neutral", "against", "salience", "probability"), "float64"),
    **dict.fromkeys(("mention_count", "evidence_start", "evidence_end", "revision"), "int32"),
}
INSTANTS = frozenset({"created_at", "updated_at"})
"""Columns that always hold an instant. `published_at` is text: it may be a day."""


class ParquetEncoder:
    """Raises RequestError without pyarrow."""

    def __init__(self, columns: Sequence[str]) -> None:
        if pyarrow is None:
            raise RequestError(
                problems.PARQUET_NOT_INSTALLED, "This service has no pyarrow; it comes with the extra standpoint[parquet]."
            )
        self._columns = columns
        self._waiting: list[Line] = []
        self._bytes = _Drain()
        self._schema = pyarrow.schema([(column, _type(column)) for column in columns])
        self._writer = parquet.ParquetWriter(self._bytes, self._schema, compression="zstd")

    def __call__(self, lines: Sequence[Line], *, done: bool) -> bytes:
        self._waiting += lines
        if self._waiting and (done or len(self._waiting) >= ROWS):
            self._write()
        if done:
            self._writer.close()
        return self._bytes.taken()

    def _write(self) -> None:
        # The lines may have more columns than the file; `cursor`, the last one, means nothing in it.
        found = list(zip(*self._waiting, strict=True))[: len(self._columns)]
        arrays = [_array(column, list(values)) for column, values in zip(self._columns, found, strict=True)]
        self._writer.write_table(pyarrow.Table.from_arrays(arrays, schema=self._schema))
        self._waiting = []


class _Drain(io.RawIOBase):
    """Keeps what was written until it is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _type(column: str) -> Any:
    if column in INSTANTS:
        return pyarrow.timestamp("us", "UTC")
    return getattr(pyarrow, NUMBERS.get(column, "string"))()


def _array(column: str, values: list[Any]) -> Any:
    return pyarrow.array(values).cast(_type(column)) if column in INSTANTS else pyarrow.array(values, _type(column))
