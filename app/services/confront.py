"""Who stands where toward whom, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.domain.errors import InvalidQuery
from app.domain.records import Interval
from app.domain.relations import Matrix, RelationFilter
from app.services import pairing, steps
from app.services.summarise import MOST_GROUPS
from app.storage import matrix as matrices
from app.storage.database import Session, Store
from app.traces.spans import spanned

MOST_PAIRS = 1_000
"""In one answer: all that thirty countries say of each other. In periods that may be 10 MB."""


@spanned
async def matrix(store: Store, wanted: RelationFilter, *, interval: Interval | None = None, limit: int = MOST_PAIRS) -> Matrix:
    """The `limit` ordered pairs of countries with most relations; how many are left out is said.

    Raises InvalidQuery for a limit out of bounds, and where pairs and periods together are more than can be counted at once.
    """
    if not 1 <= limit <= MOST_PAIRS:
        raise InvalidQuery("limit", f"must be from 1 to {MOST_PAIRS}")
    rows = await steps.read(store, _rows, wanted, interval)
    if len(rows) > MOST_GROUPS:
        detail = f"makes more than {MOST_GROUPS} periods of pairs; narrow the filter, or take a longer interval"
        raise InvalidQuery("interval" if interval else "from", detail)
    return pairing.matrix(rows, interval, limit=limit)


def _rows(session: Session, wanted: RelationFilter, interval: Interval | None) -> Sequence[Sequence[Any]]:
    # Not through the session, which would make every row a second time: here are columns only.
    return session.connection().execute(matrices.counted(wanted, interval, most=MOST_GROUPS + 1)).all()
