"""What articles say of a claim: a list, and counts over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from app.domain.claim_records import ClaimCounts, ClaimFilter, ClaimSeries, ClaimSeriesPoint, ListedClaimStance
from app.domain.claims import ClaimStance
from app.domain.records import Interval, Page, Sort
from app.services import claim, intervals, paging, steps
from app.storage import claim_stances, cursors, publication
from app.storage.database import Session, Store
from app.traces.spans import spanned

Counts = Counter[ClaimStance]


@spanned
async def stances(
    store: Store,
    identifier: str,
    wanted: ClaimFilter,
    *,
    sort: Sort = Sort.CREATED_AT,
    limit: int,
    cursor: str | None = None,
) -> Page[ListedClaimStance]:
    """The newest article first. Raises ClaimNotFound."""
    claim_id = await steps.read(store, claim.existing, identifier)
    return await paging.page(
        store,
        claim_stances.listed(claim_id, wanted),
        claim_stances.ORDERS[sort],
        claim_stances.read,
        bound_to=binding("claim stances", claim_id, wanted, sort),
        limit=limit,
        cursor=cursor,
    )


@spanned
async def series(store: Store, identifier: str, wanted: ClaimFilter, *, interval: Interval) -> ClaimSeries:
    """In the range that is asked for. Raises ClaimNotFound, and InvalidQuery when there would be too many intervals."""
    claim_id = await steps.read(store, claim.existing, identifier)
    by_day = await steps.read(store, _by_day, claim_id, wanted)
    undated = by_day.pop(publication.day(publication.UNDATED), Counter())
    dated = {publication.day_of(day): counts for day, counts in by_day.items()}
    first, last = intervals.asked(wanted.article)
    found = intervals.folded(dated, interval, first=first, last=last)
    points = tuple(ClaimSeriesPoint(start, ClaimCounts.of(counts)) for start, counts in found)
    return ClaimSeries(points, ClaimCounts.of(undated))


def binding(listed: str, claim_id: UUID, wanted: ClaimFilter, sort: Sort | None = None) -> bytes:
    """What a cursor of a list about one claim belongs to."""
    own: Sequence[object] = (claim_id, wanted.stances, wanted.min_probability, wanted.collapse)
    return cursors.binding(listed, wanted.article, sort, about=repr(own))


def _by_day(session: Session, claim_id: UUID, wanted: ClaimFilter) -> dict[int, Counts]:
    found: dict[int, Counts] = {}
    for day, stance, count in session.execute(claim_stances.over_time(claim_id, wanted)):
        found.setdefault(day, Counter())[stance] += count
    return found
