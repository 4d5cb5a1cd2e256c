"""Add up what writers on PostgreSQL noted of the counts of months and of pairs of countries."""

from __future__ import annotations

from app.services import steps
from app.storage import sums
from app.storage.database import Session, Store
from app.traces.spans import spanned


@spanned
async def condense(store: Store) -> None:
    """At most some 60,000 rows are left for 200 countries in six years, of each model version; and 80,000 of their pairs."""
    await steps.write(store, add_up)


def add_up(session: Session) -> None:
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    for kept in sums.KEPT:
        session.execute(kept.emptied() if on_sqlite else kept.condensed())
