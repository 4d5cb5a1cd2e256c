"""Articles in Parquet files, where pyarrow is installed (the extra `parquet`). Columns are named like fields of an article."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from app.api import lines
from app.domain.jobs import Slice
from app.refusal import Refusal

try:
    from pyarrow import parquet as arrow
except ImportError:
    arrow = None


def slices(path: Path) -> Iterator[Slice]:
    """Rows a few at a time, whatever the file has. Raises Refusal without pyarrow, ValueError for what is not Parquet."""
    if arrow is None:
        raise Refusal("Parquet needs pyarrow: pip install 'standpoint[parquet]'")
    with arrow.ParquetFile(path) as file:
        rows = ([_article(row) for row in batch.to_pylist()] for batch in file.iter_batches(batch_size=lines.SLICE_LINES))
        yield from lines.chained(rows)


def _article(row: dict[str, Any]) -> dict[str, Any]:
    """As JSON would have it; what a row leaves empty is left out."""
    return {name: _plain(value) for name, value in row.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        # An instant without a zone is UTC in Parquet's own words.
        return value.isoformat() if value.tzinfo else f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else value
