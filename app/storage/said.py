"""What annotations say, in slim rows of several kinds: whoever stores one, or changes its article, does it here for all.

Vectors of passages are among them: they wait to be compared with claims.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Delete, Insert, Update, delete, insert, select, update

from app.domain.records import StoredArticle
from app.storage import relations, stances, told, vectors
from app.storage.tables import SAID, AnnotationRow, Base, RelationRow, StanceRow, UncomparedRow, VectorsRow
from app.storage.told import Told

Rows = list[dict[str, Any]]
Insertion = tuple[Insert, Rows]
"""To be executed with its rows."""


def rows(article: StoredArticle) -> Iterator[tuple[type[Base], Rows]]:
    """By table; none of the lists is empty."""
    return rows_of([article])


def insertions(article: StoredArticle) -> Iterator[Insertion]:
    return ((insert(table), found) for table, found in rows(article))


def rows_of(articles: Iterable[StoredArticle]) -> Iterator[tuple[type[Base], Rows]]:
    """By table; none of the lists is empty."""
    return rows_told([each for each in map(told.told, articles) if each])


def rows_told(found: Sequence[Told]) -> Iterator[tuple[type[Base], Rows]]:
    """By table; none of the lists is empty."""
    if compared := vectors.rows((each.article_id, each.revision, each.said) for each in found):
        yield VectorsRow, compared
        yield UncomparedRow, vectors.uncompared(compared)
    if toward_countries := [row for each in found for row in stances.rows(each)]:
        yield StanceRow, toward_countries
    if between_them := [row for each in found for row in relations.rows(each)]:
        yield RelationRow, between_them


def following(article: StoredArticle) -> list[Update]:
    """After its article was changed."""
    repeated = told.of_article(article)
    return [update(table).where(_of(table.annotation_id, article.id)).values(repeated) for table in SAID]


def removal(article_id: UUID) -> list[Delete]:
    """Those of an outdated text: its annotations stay readable, but no list finds them."""
    return [delete(table).where(_of(table.annotation_id, article_id)) for table in SAID]


def _of(annotation_id: Any, article_id: UUID | str) -> ColumnElement[bool]:
    # Through the annotations, whose index also finds rows that are not shown.
    annotations = select(AnnotationRow.id).where(AnnotationRow.article_id == UUID(str(article_id)))
    return annotation_id.in_(annotations)  # type: ignore[no-any-return]
