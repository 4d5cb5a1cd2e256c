"""Statements on many articles at once. Each is one round trip, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Update, select, update

from app.domain.records import Filter
from app.domain.values import ArticleStatus
from app.storage import articles
from app.storage.among import among
from app.storage.claim_tables import ClaimStanceRow
from app.storage.tables import SAID, AnnotationRow, ArticleRow, CorrectionRow, RevisionRow

LOCKED = (
    ArticleRow.id,
    ArticleRow.revision,
    ArticleRow.status,
    ArticleRow.published_order,
    ArticleRow.publisher,
    ArticleRow.language,
    ArticleRow.read_language,
    ArticleRow.duplicate_group,
)
Learnt = tuple[str, UUID | None]
"""`read_language` and `duplicate_group`."""


def stored(digests: Sequence[bytes]) -> Select[ArticleRow, RevisionRow]:
    """Articles by their identities."""
    return select(ArticleRow, RevisionRow).join(RevisionRow, articles.CURRENT).where(among(ArticleRow.identity, digests))


def locked(article_ids: Iterable[UUID]) -> Select[*tuple[Any, ...]]:
    """What storing an annotation asks of each, in the order of the ids, so that two that lock the same never wait in a circle.

    One table alone, so that who waited for a lock sees what was written meanwhile.
    """
    return select(*LOCKED).where(among(ArticleRow.id, list(article_ids))).order_by(ArticleRow.id).with_for_update()


def current(article_ids: Iterable[UUID]) -> Select[*tuple[Any, ...]]:
    """Id, revision, status, language, title and body."""
    columns = (ArticleRow.id, ArticleRow.revision, ArticleRow.status, ArticleRow.language, RevisionRow.title, RevisionRow.body)
    return select(*columns).join(RevisionRow, articles.CURRENT).where(among(ArticleRow.id, list(article_ids)))


def already_said(article_ids: Iterable[UUID], model: str) -> Select[UUID]:
    """Those of whose current text this model version has spoken."""
    return (
        select(AnnotationRow.article_id)
        .join(ArticleRow, ArticleRow.id == AnnotationRow.article_id)
        .where(
            among(AnnotationRow.article_id, list(article_ids)),
            AnnotationRow.model == model,
            AnnotationRow.revision == ArticleRow.revision,
        )
    )


def hiding(article_ids: Iterable[UUID]) -> tuple[Update, ...]:
    """What was shown of these articles."""
    found = list(article_ids)
    return (
        update(AnnotationRow).where(among(AnnotationRow.article_id, found), AnnotationRow.shown).values(shown=False),
        *(update(table).where(among(table.article_id, found), table.shown).values(shown=False) for table in SAID),
    )


def settling(learnt: Mapping[UUID, Learnt], status: ArticleStatus) -> Iterator[Update]:
    """What articles learn when they are read. Most of them learn the same."""
    alike: dict[Learnt, list[UUID]] = {}
    for article_id, each in learnt.items():
        alike.setdefault(each, []).append(article_id)
    for (language, group), article_ids in alike.items():
        values = {"status": status, "read_language": language, "duplicate_group": group}
        yield update(ArticleRow).where(among(ArticleRow.id, article_ids)).values(values)


def following(article_id: UUID, language: str) -> tuple[Update, ...]:
    """What was said of an article repeats its language."""
    # Through the annotations, whose index also finds what is not shown.
    annotations = select(AnnotationRow.id).where(AnnotationRow.article_id == article_id)
    return (
        *(update(table).where(table.annotation_id.in_(annotations)).values(language=language) for table in SAID),
        update(ClaimStanceRow).where(ClaimStanceRow.article_id == article_id).values(language=language),
    )


def corrected(article_ids: Iterable[UUID]) -> Select[UUID]:
    """Those of which a reviewer spoke."""
    return select(CorrectionRow.article_id).where(among(CorrectionRow.article_id, list(article_ids))).distinct()


def to_annotate(wanted: Filter, *, after: UUID | None, until: UUID, model: str, limit: int) -> Select[UUID]:
    """The oldest first: articles older than `until` of whose current text this model version has not spoken."""
    spoken = (
        select(AnnotationRow.article_id)
        .where(
            AnnotationRow.article_id == ArticleRow.id,
            AnnotationRow.revision == ArticleRow.revision,
            AnnotationRow.model == model,
        )
        .exists()
    )
    listed = articles.listed(wanted).with_only_columns(ArticleRow.id).where(ArticleRow.id < until, ~spoken)
    rest = listed if after is None else listed.where(ArticleRow.id > after)
    return rest.order_by(ArticleRow.id).limit(limit)
