"""Tables of figures: as Markdown for the model card, as JSON for metrics.json, and what differs between two measurements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.domain.models import Cell, Table

BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"
TOLERANCE = 0.1
# Whole numbers are counts or rounded shares: half a point of rounding comes on top.
WHOLE_TOLERANCE = 1


def markdown(head: Sequence[str], body: Iterable[Sequence[Cell]]) -> str:
    lines = [head, ["---"] * len(head), *([shown(cell) for cell in row] for row in body)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def shown(cell: Cell) -> str:
    if cell is None:
        return "–"
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


def rendered(tables: Iterable[Table]) -> str:
    """What stands between the card's markers."""
    parts = ([f"### {table.title}", table.note, markdown(table.columns, table.rows)] for table in tables)
    return "\n\n".join("\n\n".join(filter(None, part)) for part in parts)


def as_json(table: Table) -> dict[str, Any]:
    return asdict(table)


def percent(share: float) -> float:
    """With one digit behind the point."""
    return round(100 * share, 1)


def put(card: Path, found: str, *, begin: str = BEGIN, end: str = END) -> None:
    """Replace what stands between two markers of a card."""
    text = card.read_text(encoding="utf-8")
    before, rest = text.split(begin)
    card.write_text(f"{before}{begin}\n{found}\n{end}{rest.split(end)[1]}", encoding="utf-8")


def between(card: str, *, begin: str = BEGIN, end: str = END) -> str:
    return card.split(begin)[1].split(end)[0].strip()


def differences(recorded: Sequence[Table], measured: Sequence[Table]) -> Iterator[str]:
    """A line for every table or row that is not what it was."""
    old = {table.id: table for table in recorded}
    new = {table.id: table for table in measured}
    for name in dict.fromkeys([*old, *new]):
        if name not in old or name not in new:
            yield f"{name}: {'measured, but not recorded' if name in new else 'recorded, but not measured'}"
        elif (old[name].title, old[name].note, old[name].columns) != (new[name].title, new[name].note, new[name].columns):
            yield f"{name}: the words around it differ"
        elif len(old[name].rows) != len(new[name].rows):
            yield f"{name}: {len(old[name].rows)} rows are recorded, {len(new[name].rows)} measured"
        else:
            pairs = zip(old[name].rows, new[name].rows, strict=True)
            yield from (f"{name}: recorded {was}, measured {now}" for was, now in pairs if not alike(was, now))


def alike(was: Sequence[Cell], now: Sequence[Cell]) -> bool:
    return all(_alike(a, b) for a, b in zip(was, now, strict=True))


def _alike(was: Cell, now: Cell) -> bool:
    if isinstance(was, str | None) or isinstance(now, str | None):
        return was == now
    whole = isinstance(was, int) and isinstance(now, int)
    return abs(was - now) <= (WHOLE_TOLERANCE if whole else TOLERANCE + 1e-9)
