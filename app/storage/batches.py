"""Statements on many articles at once. Each is one round trip, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, Table, Update, bindparam, select, update

from app.domain.records import Filter, StoredArticle
from app.domain.values import ArticleStatus
from app.storage import articles
from app.storage.tables import AnnotationRow, ArticleRow, Base, CorrectionRow, RevisionRow, StanceRow


def stored(digests: Sequence[bytes]) -> Select[ArticleRow, RevisionRow]:
    """Articles by their identities."""
    return select(ArticleRow, RevisionRow).join(RevisionRow, articles.CURRENT).where(ArticleRow.identity.in_(digests))


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
    found = select(ArticleRow).where(ArticleRow.id.in_(list(article_ids))).order_by(ArticleRow.id)
    return found.with_for_update().execution_options(populate_existing=True)


def current(article_ids: Iterable[UUID]) -> Select[*tuple[Any, ...]]:
    """Id, revision, status, language, title and body."""
    columns = (ArticleRow.id, ArticleRow.revision, ArticleRow.status, ArticleRow.language, RevisionRow.title, RevisionRow.body)
    return select(*columns).join(RevisionRow, articles.CURRENT).where(ArticleRow.id.in_(list(article_ids)))


def already_said(article_ids: Iterable[UUID], model: str) -> Select[UUID]:
    """Those of whose current text this model version has spoken."""
    return (
        select(AnnotationRow.article_id)
        .join(ArticleRow, ArticleRow.id == AnnotationRow.article_id)
        .where(
            AnnotationRow.article_id.in_(list(article_ids)),
            AnnotationRow.model == model,
            AnnotationRow.revision == ArticleRow.revision,
        )
    )


def hiding(article_ids: Iterable[UUID]) -> tuple[Update, Update]:
    """What was shown of these articles."""
    among = list(article_ids)
    return (
        update(AnnotationRow).where(AnnotationRow.article_id.in_(among), AnnotationRow.shown).values(shown=False),
        update(StanceRow).where(StanceRow.article_id.in_(among), StanceRow.shown).values(shown=False),
    )


def settling(settled: Sequence[StoredArticle], status: ArticleStatus) -> tuple[Update, list[dict[str, Any]]]:
    """For a connection: what an article learns when it is read."""
    table = cast("Table", ArticleRow.__table__)
    learnt: dict[str, Any] = {"read_language": bindparam("learnt_language"), "duplicate_group": bindparam("learnt_group")}
    rows = [
        {
            "article_id": UUID(article.id),
            "learnt_language": article.read_language,
            "learnt_group": article.duplicate_group and UUID(article.duplicate_group),
        }
        for article in settled
    ]
    return update(table).where(table.c.id == bindparam("article_id")).values(status=status, **learnt), rows


def corrected(article_ids: Iterable[UUID]) -> Select[UUID]:
    """Those of which a reviewer spoke."""
    return select(CorrectionRow.article_id).where(CorrectionRow.article_id.in_(list(article_ids))).distinct()


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
