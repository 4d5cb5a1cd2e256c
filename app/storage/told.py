"""What an annotation says, as whoever makes slim rows of it needs it: with what these repeat of the article."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from app.domain.records import StoredArticle
from app.domain.values import Annotation
from app.storage import publication

Repeated = Mapping[str, Any]
"""Columns that stances and relations repeat of their article, so that one index can answer a question with several conditions."""


class Told(NamedTuple):
    id: UUID
    """Of the annotation."""
    article_id: UUID
    revision: int
    said: Annotation
    repeated: Repeated

    def shared(self) -> dict[str, Any]:
        """What all slim rows of it have in common."""
        return {
            "annotation_id": self.id,
            "article_id": self.article_id,
            "shown": True,
            "model": self.said.model,
            **self.repeated,
        }


def told(article: StoredArticle) -> Told | None:
    """None where nothing was said."""
    stored = article.annotation
    if stored is None:
        return None
    return Told(UUID(stored.id), UUID(stored.article_id), stored.revision, stored.annotation, of_article(article))


def of_article(article: StoredArticle) -> Repeated:
    return repeated(
        order=publication.order(article.submission.published),
        publisher=article.submission.publisher,
        language=article.read_language,
        group=None if article.duplicate_group is None else UUID(article.duplicate_group),
    )


def repeated(*, order: int, publisher: str | None, language: str, group: UUID | None) -> Repeated:
    """`order` is `article.published_order`."""
    return {
        "published_order": order,
        "day": publication.day(order),
        "month": publication.month(order),
        "publisher": publisher,
        "language": language,
        "duplicate_group": group,
    }
