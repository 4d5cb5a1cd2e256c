"""Statements that find and keep groups of near-duplicates: docs/decisions/0008-near-duplicates.md."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Delete,
    Insert,
    Select,
    Update,
    bindparam,
    delete,
    func,
    insert,
    select,
    union_all,
    update,
)

from app.storage.among import among
from app.storage.claim_tables import ClaimStanceRow
from app.storage.tables import SAID, AnnotationRow, ArticleRow, BandRow, RevisionRow

MOST_OF_A_BAND = 16
"""The newest articles of a band that are compared. Copies of one text may be thousands, of which any few are enough."""

_ARTICLE, _REVISION, _BAND = ArticleRow.__table__.c, RevisionRow.__table__.c, BandRow.__table__.c

EVERYTHING = 0x5354414E44_0001
"""The lock that those share who store one article, and that a bulk import takes for itself."""


@cache
def taking_turns() -> Select[Any]:
    """For PostgreSQL, before `proposed`: of two copies that come in at once, the later waits and then finds the earlier.

    To be executed with `bands`, which are sorted, so that no two wait for each other. SQLite has one writer anyway.
    """
    band = func.unnest(bindparam("bands", type_=ARRAY(BigInteger))).column_valued("band")
    return select(func.pg_advisory_xact_lock_shared(EVERYTHING), func.pg_advisory_xact_lock(band))


@cache
def proposed(count: int) -> Select[UUID, UUID | None, str]:
    """Articles that share a band, with their group and body, the oldest first. To be executed with what is `asked`.

    Made once for each number of bands: to put it together takes ten times as long as to answer it.
    """
    newest = [
        select(_BAND.article_id)
        .where(_BAND.band == bindparam(f"band_{number}"), _BAND.article_id != bindparam("other_than"))
        .order_by(_BAND.article_id.desc())
        .limit(MOST_OF_A_BAND)
        .subquery()
        for number in range(count)
    ]
    found = union_all(*(select(each.c.article_id) for each in newest))
    current = (_REVISION.article_id == _ARTICLE.id) & (_REVISION.number == _ARTICLE.revision)
    # Of tables and not of classes, which the ORM would have to look at each time.
    articles = select(_ARTICLE.id, _ARTICLE.duplicate_group, _REVISION.body).where(current)
    return articles.where(_ARTICLE.id.in_(found)).order_by(_ARTICLE.id)


def asked(bands: Sequence[int], *, other_than: UUID) -> dict[str, Any]:
    """The parameters of `proposed`."""
    return {"other_than": other_than, **{f"band_{number}": band for number, band in enumerate(bands)}}


def founding(article_ids: Sequence[UUID]) -> tuple[Update, ...]:
    """Articles that were alone have their first near-duplicates: they, and all that is said of them, learn of their groups."""
    annotations = select(AnnotationRow.id).where(among(AnnotationRow.article_id, article_ids))
    said = (update(table).where(table.annotation_id.in_(annotations)).values(duplicate_group=table.article_id) for table in SAID)
    verdicts = update(ClaimStanceRow).where(among(ClaimStanceRow.article_id, article_ids))
    return (
        update(ArticleRow).where(among(ArticleRow.id, article_ids)).values(duplicate_group=ArticleRow.id),
        *said,
        verdicts.values(duplicate_group=ClaimStanceRow.article_id),
    )


def insertion() -> Insert:
    """To be executed with `rows`."""
    return insert(BandRow)


def rows(article_id: UUID, bands: Sequence[int]) -> list[dict[str, Any]]:
    return [{"article_id": article_id, "band": band} for band in bands]


def removal(article_id: UUID) -> Delete:
    return delete(BandRow).where(BandRow.article_id == article_id)
