"""Make a claim, look at claims, and delete one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.claim_records import ClaimCounts, StoredClaim
from app.domain.claims import ClaimStance
from app.domain.errors import ClaimNotFound, ClaimsUnavailable
from app.domain.jobs import JobKind, Priority
from app.domain.records import Filter, Page, now
from app.services import follow, paging, steps
from app.services.ports import ClaimReader, Dispatcher
from app.storage import chunks, claims, cursors, ids, jobs
from app.storage.claim_tables import ClaimRow
from app.storage.database import Session, Store, driver_connection
from app.traces.spans import spanned


@dataclass(frozen=True, slots=True)
class _New:
    text: str
    wanted: Filter
    vector: bytes
    vectors_of: str
    model: str


@spanned
async def make(
    store: Store, dispatcher: Dispatcher, reader: ClaimReader | None, text: str, wanted: Filter
) -> tuple[StoredClaim, bool]:
    """The claim, and whether this call made it: the same text and filter again are the same claim. Its job is accepted with it.

    Raises ClaimsUnavailable, and what the reader raises.
    """
    if reader is None:
        raise ClaimsUnavailable
    stored = await steps.read(store, _equal, text, wanted)
    if stored is not None:
        return stored, False
    # No session is open while the model works.
    vector = await reader.vector(text)
    made = await steps.write(store, _make, _New(text, wanted, vector, reader.vectors_of, reader.version), dispatcher)
    dispatcher.announce()
    return made


@spanned
async def claim(store: Store, identifier: str) -> StoredClaim:
    """Raises ClaimNotFound."""
    return await steps.read(store, present, identifier)


@spanned
async def all_claims(store: Store, *, limit: int, cursor: str | None = None) -> Page[StoredClaim]:
    """The newest first."""
    page = await paging.page(
        store, claims.listed(), claims.NEWEST, lambda row: row[0], bound_to=cursors.binding("claims"), limit=limit, cursor=cursor
    )
    return Page(tuple(await steps.read(store, _read, page.items)), page.next_cursor)


@spanned
async def remove(store: Store, identifier: str) -> None:
    """With its job and all that articles say of it. Raises ClaimNotFound."""
    await steps.write(store, _remove, identifier)


def present(session: Session, identifier: str) -> StoredClaim:
    """Raises ClaimNotFound."""
    return _read(session, [_row(session, identifier)])[0]


def existing(session: Session, identifier: str) -> UUID:
    """Raises ClaimNotFound."""
    return _row(session, identifier).id


def _row(session: Session, identifier: str) -> ClaimRow:
    claim_id = ids.parse(identifier)
    row = session.scalar(claims.found(claim_id)) if claim_id else None
    if row is None:
        raise ClaimNotFound(identifier)
    return row


def _read(session: Session, rows: Sequence[ClaimRow]) -> list[StoredClaim]:
    """However many claims: four questions. One that was deleted meanwhile has lost its job and is left out."""
    counted: defaultdict[UUID, dict[ClaimStance, int]] = defaultdict(dict)
    for claim_id, stance, count in session.execute(claims.counts([row.id for row in rows])):
        counted[claim_id][stance] = count
    found = follow.with_progress(session, session.scalars(jobs.among([row.job_id for row in rows])).all())
    by_id = {job.id: job for job in found}
    return [claims.read(row, ClaimCounts.of(counted[row.id]), by_id[str(row.job_id)]) for row in rows if str(row.job_id) in by_id]


def _equal(session: Session, text: str, wanted: Filter) -> StoredClaim | None:
    claim_id = session.scalar(claims.equal(text, wanted))
    return None if claim_id is None else present(session, str(claim_id))


def _make(session: Session, new: _New, dispatcher: Dispatcher) -> tuple[StoredClaim, bool]:
    if (stored := _equal(session, new.text, new.wanted)) is not None:
        return stored, False
    claim_id, job_id = ids.new(), ids.new()
    session.execute(jobs.insertion(jobs.row(job_id, JobKind.CLAIM, key=None, wanted=new.wanted)))
    columns = claims.row(claim_id, new.text, new.wanted, job_id=job_id)
    session.execute(claims.insertion(columns | {"vector": new.vector, "vectors_of": new.vectors_of, "model": new.model}))
    session.execute(claims.change(session.get_bind().dialect.name))
    # Before all others, so that it is soon known how much there is to do.
    row = chunks.row(job_id, (), now(), priority=Priority.INTERACTIVE, plans=True)
    session.execute(chunks.insertion(), [row])
    dispatcher.enqueue(driver_connection(session), [chunks.call(row)])
    return present(session, str(claim_id)), True


def _remove(session: Session, identifier: str) -> None:
    row = _row(session, identifier)
    # First the job, as everybody does it.
    session.execute(jobs.found(row.job_id).with_for_update()).all()
    session.execute(claims.removal(row.job_id))
    session.execute(claims.change(session.get_bind().dialect.name))
