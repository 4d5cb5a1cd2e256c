"""Lines of an export as bytes. Each encoder makes one file, in chunks."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import orjson

from app.domain.exports import Line

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


class Format(StrEnum):
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


MEDIA_TYPES: Mapping[Format, str] = {
    Format.NDJSON: "application/x-ndjson",
    Format.CSV: "text/csv; charset=utf-8; header=present",
    Format.PARQUET: "application/vnd.apache.parquet",
}


class Encoder(Protocol):
    def __call__(self, lines: Sequence[Line], *, done: bool) -> bytes:
        """The next part of the file, its end too if these are the last lines."""
        ...


class NdjsonEncoder:
    """`metadata` is JSON already and goes in as it is."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._json = columns.index("metadata") if "metadata" in columns else None

    def __call__(self, lines: Sequence[Line], *, done: bool) -> bytes:
        written = lines if self._json is None else [self._with_json(line, self._json) for line in lines]
        columns, dumps, option = self._columns, orjson.dumps, orjson.OPT_APPEND_NEWLINE
        return b"".join([dumps(dict(zip(columns, line, strict=True)), option=option) for line in written])

    def _with_json(self, line: Line, place: int) -> Line:
        return (*line[:place], orjson.Fragment(line[place]), *line[place + 1 :])


class CsvEncoder:
    """RFC 4180. A part that continues another has no header line."""

    def __init__(self, columns: Sequence[str], *, continued: bool) -> None:
        self._text = io.StringIO(newline="")
        self._writer = csv.writer(self._text)
        if not continued:
            self._writer.writerow(columns)

    def __call__(self, lines: Sequence[Line], *, done: bool) -> bytes:
        self._writer.writerows([[_harmless(cell) for cell in line] for line in lines])
        return self._taken()

    def _taken(self) -> bytes:
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text.encode()


def _harmless(cell: object) -> object:
    """Text that a spreadsheet would run gets an apostrophe, which shows it as text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
