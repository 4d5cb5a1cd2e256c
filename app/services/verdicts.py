"""Store what was read of a claim, once: of the current text of an article there is one verdict on a claim, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.claims import ClaimVerdict
from app.domain.jobs import ChunkState, FailureKind, Item, JobFailure
from app.services import settle
from app.services.reading import Read
from app.services.settle import Unread
from app.storage import chunks, claim_stances, claims, jobs
from app.storage.database import Session
from app.storage.job_tables import ChunkRow, JobRow

Judged = Read[ClaimVerdict]


def unread(session: Session, claim_id: UUID, article_ids: Sequence[str]) -> list[Unread]:
    """Those that exist and of whose text nothing is known."""
    known = set(session.scalars(claim_stances.read_already(claim_id, list(map(UUID, article_ids)))))
    return settle.current(session, [found for found in map(UUID, article_ids) if found not in known])


def given_up(session: Session, article_ids: Sequence[str], reason: str, errors: Mapping[str, str]) -> Judged:
    """Those that exist; one that was deleted has nothing left to do."""
    left = settle.current(session, map(UUID, article_ids))
    # Not by the name with its parameter: a frozen dataclass with slots lets nobody note that on it.
    return Read(failed=[(each, errors.get(str(each.article_id), reason)) for each in left], needless=article_ids)


def keep(session: Session, chunk_id: UUID, judged: Judged, moment: datetime, **ending: Any) -> list[Item] | None:
    """What is left of the chunk; None where it was taken away meanwhile. What was read is kept all the same, unless its claim is
    gone. `ending` is what else is then true of the chunk.
    """
    job_id = session.scalar(chunks.job_of(chunk_id))
    # First the job, then the chunk: everybody locks in this order.
    job = session.scalar(jobs.locked(job_id)) if job_id else None
    chunk = session.scalar(chunks.locked(chunk_id)) if job else None
    if job is None or chunk is None:
        return None
    _write(session, session.scalars(claims.of_job(job.id)).one().id, judged.said, moment)
    if chunk.state is not ChunkState.RUNNING:
        return None
    return _settle(session, job, chunk, judged, moment, ending)


def _settle(
    session: Session, job: JobRow, chunk: ChunkRow, judged: Judged, moment: datetime, ending: Mapping[str, Any]
) -> list[Item]:
    article_ids = judged.article_ids()
    items = chunks.read(chunk).items
    rest = [item for item in items if item.article_id not in article_ids]
    failed = _record(session, job, items, judged.failed, moment)
    done = chunk.done + len(items) - len(rest) - failed
    changes = {"items": chunks.dump(rest), "done": done, "deaths": 0 if article_ids else chunk.deaths, **ending}
    session.execute(chunks.change(chunk.id, moment, **changes))
    return rest


def _write(session: Session, claim_id: UUID, said: Sequence[tuple[Unread, ClaimVerdict]], moment: datetime) -> None:
    """What is said of a text that was replaced is dropped, and what is known already is kept."""
    if not said:
        return
    article_ids = [unread.article_id for unread, _ in said]
    found = {row.id: row for row in session.execute(claim_stances.standing(article_ids))}
    known = set(session.scalars(claim_stances.read_already(claim_id, article_ids)))
    rows = {
        unread.article_id: claim_stances.row(claim_id, found[unread.article_id], verdict, moment)
        for unread, verdict in said
        if unread.article_id in found and found[unread.article_id].revision == unread.revision
    }
    if new := [row for article_id, row in sorted(rows.items()) if article_id not in known]:
        session.execute(claim_stances.insertion(), new)


def _record(session: Session, job: JobRow, items: Sequence[Item], failed: Sequence[tuple[Unread, str]], moment: datetime) -> int:
    """How many items could not be read."""
    reasons = {str(unread.article_id): reason for unread, reason in failed}
    found = _placed(session, job, [item for item in items if item.article_id in reasons], moment)
    failures = [JobFailure(item.line, FailureKind.FAILED, item.article_id, reasons[item.article_id], moment) for item in found]
    if failures:
        session.execute(jobs.recording(), [jobs.failure(job.id, failure) for failure in failures])
    return len(failures)


def _placed(session: Session, job: JobRow, items: Sequence[Item], moment: datetime) -> list[Item]:
    """Articles that came later have no place in their job until one is needed to speak of them."""
    place, placed = job.lines, []
    for item in items:
        place += item.line == 0
        placed.append(item if item.line else item._replace(line=place))
    if place > job.lines:
        session.execute(jobs.change(job.id, moment, lines=place))
    return placed
