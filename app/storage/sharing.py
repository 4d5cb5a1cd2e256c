"""Statements that find near-duplicates of many new articles at once: docs/decisions/0008-near-duplicates.md."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select

from app.storage.among import among
from app.storage.groups import EVERYTHING, MOST_OF_A_BAND
from app.storage.tables import ArticleRow, BandRow, RevisionRow


def alone() -> Select[None]:
    """For PostgreSQL, before `sharing`: what others store meanwhile could be copies. SQLite has one writer anyway."""
    return select(func.pg_advisory_xact_lock(EVERYTHING))


def sharing(bands: Sequence[int]) -> Select[int, UUID]:
    """The newest articles of each band."""
    place = func.row_number().over(partition_by=BandRow.band, order_by=BandRow.article_id.desc()).label("place")
    found = select(BandRow.band, BandRow.article_id, place).where(among(BandRow.band, bands)).subquery()
    return select(found.c.band, found.c.article_id).where(found.c.place <= MOST_OF_A_BAND)


def bodies(article_ids: Sequence[UUID]) -> Select[UUID, UUID | None, str]:
    """With the group of each."""
    current = (RevisionRow.article_id == ArticleRow.id) & (RevisionRow.number == ArticleRow.revision)
    found = select(ArticleRow.id, ArticleRow.duplicate_group, RevisionRow.body).join(RevisionRow, current)
    return found.where(among(ArticleRow.id, article_ids))
