"""Statements on claims."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Insert, Select, Update, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.domain.claim_records import ClaimCounts, GateCounts, StoredClaim
from app.domain.claims import ClaimStance
from app.domain.jobs import StoredJob
from app.domain.records import Filter
from app.storage import filters, ids
from app.storage.claim_tables import ClaimRow, ClaimStanceRow, ClaimVersionRow
from app.storage.job_tables import JobRow
from app.storage.keyset import Keyset
from app.storage.types import DIGEST_BYTES

NEWEST = Keyset((ClaimRow.id,))

_THE_ONE = 1


def digest(text: str, wanted: Filter) -> bytes:
    """Equal where text and filter are. White space counts as one space, and the order of countries does not count."""
    conditions = filters.dump(wanted)
    said = [" ".join(text.split()), {**conditions, "countries": sorted(conditions.get("countries", ()))}]
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=DIGEST_BYTES).digest()


def row(identifier: UUID, text: str, wanted: Filter, *, job_id: UUID) -> dict[str, Any]:
    """A new one, of which nothing is known yet but for its vector and whose it is."""
    return {
        "id": identifier,
        "digest": digest(text, wanted),
        "text": text,
        "wanted": filters.dump(wanted),
        "created_at": ids.moment(identifier),
        "job_id": job_id,
        **dict.fromkeys(("considered", "held_off", "not_compared"), 0),
    }


def insertion(columns: dict[str, Any]) -> Insert:
    return insert(ClaimRow).values(columns)


def equal(text: str, wanted: Filter) -> Select[UUID]:
    return select(ClaimRow.id).where(ClaimRow.digest == digest(text, wanted))


def found(claim_id: UUID) -> Select[ClaimRow]:
    return select(ClaimRow).where(ClaimRow.id == claim_id).execution_options(populate_existing=True)


def existing(claim_id: UUID) -> Select[UUID]:
    return select(ClaimRow.id).where(ClaimRow.id == claim_id)


def of_job(job_id: UUID) -> Select[ClaimRow]:
    return select(ClaimRow).where(ClaimRow.job_id == job_id)


def listed() -> Select[ClaimRow]:
    return select(ClaimRow)


def counts(claim_ids: Sequence[UUID]) -> Select[UUID, ClaimStance, int]:
    """Articles that were read, by claim and stance."""
    counted = select(ClaimStanceRow.claim_id, ClaimStanceRow.stance, func.count())
    among = counted.where(ClaimStanceRow.claim_id.in_(claim_ids))
    return among.group_by(ClaimStanceRow.claim_id, ClaimStanceRow.stance)


def compared(claim_id: UUID, *, considered: int, held_off: int, not_compared: int) -> Update:
    """So many more."""
    more = {
        "considered": ClaimRow.considered + considered,
        "held_off": ClaimRow.held_off + held_off,
        "not_compared": ClaimRow.not_compared + not_compared,
    }
    return update(ClaimRow).where(ClaimRow.id == claim_id).values(more)


def removal(job_id: UUID) -> Delete:
    """Of the job, whose claim goes with it, and of what articles say of that."""
    return delete(JobRow).where(JobRow.id == job_id)


def known() -> Select[*tuple[Any, ...]]:
    """What articles that come in are compared with."""
    columns = (ClaimRow.id, ClaimRow.job_id, ClaimRow.text, ClaimRow.vector, ClaimRow.vectors_of, ClaimRow.wanted)
    return select(*columns).order_by(ClaimRow.id)


def outdated(vectors_of: str) -> Select[UUID, str]:
    """Id and text of those whose vector is for another version's."""
    return select(ClaimRow.id, ClaimRow.text).where(ClaimRow.vectors_of != vectors_of)


def renewal(claim_id: UUID, vector: bytes, vectors_of: str) -> Update:
    return update(ClaimRow).where(ClaimRow.id == claim_id).values(vector=vector, vectors_of=vectors_of)


def standing(job_ids: Sequence[UUID]) -> Select[UUID]:
    """Of these jobs those that are there, and will be until the transaction ends."""
    return select(JobRow.id).where(JobRow.id.in_(job_ids)).order_by(JobRow.id).with_for_update(read=True, key_share=True)


def version() -> Select[int]:
    return select(ClaimVersionRow.version).where(ClaimVersionRow.id == _THE_ONE)


def change(dialect: str) -> Insert:
    """To be executed with every change of what `known` says."""
    added = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(ClaimVersionRow)
    grown = {"version": ClaimVersionRow.version + 1}
    return added.values(id=_THE_ONE, version=1).on_conflict_do_update(index_elements=[ClaimVersionRow.id], set_=grown)


def wanted(row: ClaimRow) -> Filter:
    return filters.load(row.wanted)


def read(row: ClaimRow, counted: ClaimCounts, job: StoredJob) -> StoredClaim:
    return StoredClaim(
        id=str(row.id),
        text=row.text,
        wanted=wanted(row),
        created_at=row.created_at,
        model=row.model,
        gate=GateCounts(considered=row.considered, held_off=row.held_off, not_compared=row.not_compared),
        counts=counted,
        job=job,
    )
