"""Counts that triggers keep, in several rows of which the sum counts: adding these up."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Delete, TextClause, delete, text

from app.storage.tables import MonthRow, PairRow

UNDECIDED = "undecided"
"""What stands there for a stance that is NULL."""

KEPT: Mapping[type[MonthRow] | type[PairRow], str] = {
    MonthRow: "country, month, model, stance",
    PairRow: "country, beside, stance, beside_stance",
}
"""The tables, and what their rows count."""


def condensed(table: type[MonthRow] | type[PairRow]) -> TextClause:
    """For PostgreSQL: rows that count the same become one, and those of nothing none.

    Two that do so at once take different rows, since each adds up what it deleted itself.
    """
    name, key = table.__tablename__, KEPT[table]
    of_rows, of_several = (", ".join(f"{each}.{column}" for column in key.split(", ")) for each in (name, "several"))
    return text(
        f"WITH several AS (SELECT {key} FROM {name} GROUP BY {key} HAVING count(*) > 1 OR sum(articles) = 0),"
        f" gone AS (DELETE FROM {name} USING several WHERE ({of_rows}) = ({of_several}) RETURNING {name}.*)"
        f" INSERT INTO {name} ({key}, articles)"
        f" SELECT {key}, sum(articles) FROM gone GROUP BY {key} HAVING sum(articles) <> 0"
    )


def emptied(table: type[MonthRow] | type[PairRow]) -> Delete:
    """For SQLite: what is counted no more."""
    return delete(table).where(table.articles == 0)
