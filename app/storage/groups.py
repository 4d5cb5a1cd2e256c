"""Statements that find and keep groups of near-duplicates: docs/decisions/0008-near-duplicates.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Delete, Insert, Select, Update, delete, func, insert, literal, select, union_all, update

from app.storage.tables import AnnotationRow, ArticleRow, BandRow, RevisionRow, StanceRow

MOST_OF_A_BAND = 16
"""The newest articles of a band that are compared. Copies of one text may be thousands, of which any few are enough."""

EVERYTHING = 0x5354414E44_0001
"""The lock that those share who store one article, and that a bulk import takes for itself."""


def taking_turns(bands: Sequence[int]) -> Select[Any]:
    """For PostgreSQL, before `proposed`: of two copies that come in at once, the later waits and then finds the earlier.

    Sorted, so that no two wait for each other. SQLite has one writer anyway.
    """
    band = func.unnest(literal(list(bands), ARRAY(BigInteger))).column_valued("band")
    return select(func.pg_advisory_xact_lock_shared(EVERYTHING), func.pg_advisory_xact_lock(band))


def proposed(bands: Sequence[int], *, other_than: UUID) -> Select[UUID, UUID | None, str]:
    """Articles that share a band, with their group and body, the oldest first."""
    newest = [
        select(BandRow.article_id)
        .where(BandRow.band == band, BandRow.article_id != other_than)
        .order_by(BandRow.article_id.desc())
        .limit(MOST_OF_A_BAND)
        .subquery()
        for band in bands
    ]
    found = union_all(*(select(each.c.article_id) for each in newest))
    current = (RevisionRow.article_id == ArticleRow.id) & (RevisionRow.number == ArticleRow.revision)
    articles = select(ArticleRow.id, ArticleRow.duplicate_group, RevisionRow.body).join(RevisionRow, current)
    return articles.where(ArticleRow.id.in_(found)).order_by(ArticleRow.id)


def founding(article_id: UUID) -> tuple[Update, Update]:
    """An article that was alone has its first near-duplicate."""
    annotations = select(AnnotationRow.id).where(AnnotationRow.article_id == article_id)
    return (
        update(ArticleRow).where(ArticleRow.id == article_id).values(duplicate_group=article_id),
        update(StanceRow).where(StanceRow.annotation_id.in_(annotations)).values(duplicate_group=article_id),
    )


def insertion() -> Insert:
    """To be executed with `rows`."""
    return insert(BandRow)


def rows(article_id: UUID, bands: Sequence[int]) -> list[dict[str, Any]]:
    return [{"article_id": article_id, "band": band} for band in bands]


def removal(article_id: UUID) -> Delete:
    return delete(BandRow).where(BandRow.article_id == article_id)
