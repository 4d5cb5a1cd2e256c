"""How a claim spread: who said it first, who denied it, and how many outlets followed, near-duplicates folded."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.domain.claim_records import ClaimFilter, Course, Following, Report, Spread
from app.domain.claims import ClaimStance
from app.services import claim, paging, steps
from app.services.claim_stances import binding
from app.storage import claim_stances, publication
from app.storage.database import Session, Store
from app.storage.keyset import Found
from app.traces.spans import spanned

DAYS = (1, 7, 30)
"""After the first. A rumour is news for a day, a story for a week, and after a month it is history."""

RELATED = (ClaimStance.AGREE, ClaimStance.DISAGREE, ClaimStance.DISCUSS)

Outlet = tuple[ClaimStance, str | None, int, int]
"""Stance, publisher, the time of its first report, and how many it has."""


@spanned
async def spread(store: Store, identifier: str, wanted: ClaimFilter, *, limit: int, cursor: str | None = None) -> Spread:
    """Articles without a date stand apart, since nobody knows where they belong. Raises ClaimNotFound."""
    claim_id = await steps.read(store, claim.existing, identifier)
    page = await paging.page(
        store,
        claim_stances.reports(claim_id, wanted, dated=True),
        claim_stances.IN_TIME,
        _report,
        bound_to=binding("spread", claim_id, wanted),
        limit=limit,
        cursor=cursor,
    )
    courses = tuple(await steps.read(store, _courses, claim_id, wanted))
    undated, count = await steps.read(store, _undated, claim_id, wanted, limit)
    return Spread(courses, page.items, page.next_cursor, undated, count)


def _courses(session: Session, claim_id: UUID, wanted: ClaimFilter) -> list[Course]:
    outlets = session.execute(claim_stances.outlets(claim_id, wanted)).all()
    return [_course(session, claim_id, wanted, stance, [each for each in outlets if each[0] is stance]) for stance in RELATED]


def _course(session: Session, claim_id: UUID, wanted: ClaimFilter, stance: ClaimStance, outlets: Sequence[Outlet]) -> Course:
    named = {publisher: began for _, publisher, began, _ in outlets if publisher is not None}
    first = _first(session, claim_id, wanted, stance) if outlets else None
    start = min((began for _, _, began, _ in outlets), default=0)
    others = [began for publisher, began in named.items() if first is None or publisher != first.said.article.publisher]
    followed = tuple(Following(days, sum(began <= start + days * publication.DAY for began in others)) for days in DAYS)
    return Course(stance, first, len(named), sum(count for *_, count in outlets), followed)


def _first(session: Session, claim_id: UUID, wanted: ClaimFilter, stance: ClaimStance) -> Report | None:
    dated = claim_stances.reports(claim_id, wanted, dated=True)
    row = session.execute(claim_stances.IN_TIME.page(claim_stances.of(dated, stance), after=None, limit=0)).first()
    return None if row is None else _report(row)


def _undated(session: Session, claim_id: UUID, wanted: ClaimFilter, limit: int) -> tuple[tuple[Report, ...], int]:
    """The oldest that are stored, and how many there are."""
    count = session.scalar(claim_stances.undated(claim_id, wanted)) or 0
    page = claim_stances.IN_TIME.page(claim_stances.reports(claim_id, wanted, dated=False), after=None, limit=limit)
    rows = session.execute(page).all() if count else ()
    return tuple(map(_report, rows[:limit])), count


def _report(row: Found) -> Report:
    return Report(claim_stances.read(row), copies=row.copies)
