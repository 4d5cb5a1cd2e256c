"""Statements on many articles at once. Each is one round trip, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Update, select, update

from app.domain.records import Filter, StoredArticle
from app.domain.values import ArticleStatus
from app.storage import articles
from app.storage.among import among
from app.storage.tables import AnnotationRow, ArticleRow, Base, CorrectionRow, RevisionRow, StanceRow


def stored(digests: Sequence[bytes]) -> Select[ArticleRow, RevisionRow]:
    """Articles by their identities."""
    return select(ArticleRow, RevisionRow).join(RevisionRow, articles.CURRENT).where(among(ArticleRow.identity, digests))


def rows(created: Sequence[tuple[StoredArticle, bytes]]) -> Iterator[tuple[type[Base], list[dict[str, Any]]]]:
    """New articles with their identities, always in the order of these: two imports of the same articles wait for each other and
    never in a circle.
    """
    in_order = sorted(created, key=itemgetter(1))
    yield ArticleRow, [articles.row(article, known=digest) for article, digest in in_order]
    yield RevisionRow, [articles.row_of_text(article) for article, _ in in_order]


def locked(article_ids: Iterable[UUID]) -> Select[ArticleRow]:
    """In the order of the ids, so that two that lock the same articles never wait in a circle.

    One table alone, so that who waited for a lock sees what was written meanwhile.
    """
    found = select(ArticleRow).where(among(ArticleRow.id, list(article_ids))).order_by(ArticleRow.id)
    return found.with_for_update().execution_options(populate_existing=True)


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


def hiding(article_ids: Iterable[UUID]) -> tuple[Update, Update]:
    """What was shown of these articles."""
    found = list(article_ids)
    return (
        update(AnnotationRow).where(among(AnnotationRow.article_id, found), AnnotationRow.shown).values(shown=False),
        update(StanceRow).where(among(StanceRow.article_id, found), StanceRow.shown).values(shown=False),
    )


def settling(settled: Sequence[StoredArticle], status: ArticleStatus) -> Iterator[Update]:
    """What articles learn when they are read. Most of them learn the same."""
    alike: dict[tuple[str, str | None], list[UUID]] = {}
    for article in settled:
        alike.setdefault((article.read_language, article.duplicate_group), []).append(UUID(article.id))
    for (language, group), article_ids in alike.items():
        learnt = {"status": status, "read_language": language, "duplicate_group": group and UUID(group)}
        yield update(ArticleRow).where(among(ArticleRow.id, article_ids)).values(learnt)


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
