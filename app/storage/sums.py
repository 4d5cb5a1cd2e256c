"""Counts that triggers keep, in several rows of which the sum counts: adding these up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Delete, TextClause, and_, delete, text

from app.storage.tables import MonthRow, PairRow

UNDECIDED = "undecided"
"""What stands there for a stance that is NULL."""


@dataclass(frozen=True)
class Kept:
    """A table, and the columns whose sums count."""

    table: type[MonthRow] | type[PairRow]
    counts: Sequence[str]

    def condensed(self) -> TextClause:
        """For PostgreSQL: rows that count the same become one, and those of nothing none.

        Two that do so at once take different rows, since each adds up what it deleted itself.
        """
        table, keys = self.table.__tablename__, [name for name in self._names() if name not in self.counts]
        key, sums = ", ".join(keys), [f"sum({name})" for name in self.counts]
        of_rows, of_several = (", ".join(f"{each}.{name}" for name in keys) for each in (table, "several"))
        zero = " AND ".join(f"{each} = 0" for each in sums)
        return text(
            f"WITH several AS (SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1 OR ({zero})),"
            f" gone AS (DELETE FROM {table} USING several WHERE ({of_rows}) = ({of_several}) RETURNING {table}.*)"
            f" INSERT INTO {table} ({key}, {', '.join(self.counts)})"
            f" SELECT {key}, {', '.join(sums)} FROM gone GROUP BY {key} HAVING NOT ({zero})"
        )

    def emptied(self) -> Delete:
        """For SQLite: what is counted no more."""
        return delete(self.table).where(and_(*(self.table.__table__.c[name] == 0 for name in self.counts)))

    def _names(self) -> list[str]:
        return [column.name for column in self.table.__table__.columns if not column.primary_key]


KEPT = (Kept(MonthRow, ("articles",)), Kept(PairRow, ("favor", "neutral", "against", "undecided")))
