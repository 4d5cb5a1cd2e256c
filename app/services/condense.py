"""Add up what writers on PostgreSQL noted of the counts of months and of pairs of countries."""

from __future__ import annotations

from app.services import steps
from app.storage import sums
from app.storage.database import Session, Store
from app.traces.spans import spanned


@spanned
async def condense(store: Store) -> None:
    """At most some 60,000 rows are left for 200 countries in six years, of each model version; and 320,000 of their pairs."""
    await steps.write(store, add_up)


def add_up(session: Session) -> None:
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    for table in sums.KEPT:
        session.execute(sums.emptied(table) if on_sqlite else sums.condensed(table))
