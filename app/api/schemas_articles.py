"""Wire models of articles."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from pydantic import Field

from app.api.schemas import (
    Body,
    Count,
    Id,
    Label,
    LanguageTag,
    Metadata,
    Page,
    PublishedAt,
    PublishedAtText,
    Request,
    Response,
    Title,
    Url,
    written,
)
from app.api.schemas_annotations import AnnotationResponse
from app.domain.records import ListedArticle, StoredArticle, Submission
from app.domain.values import ArticleStatus, ArticleText


class ArticleTextRequest(Request):
    """A text, as a revision of an article."""

    title: Title | None = None
    text: Body

    def article_text(self) -> ArticleText:
        return ArticleText(body=self.text, title=self.title)


class ArticleMetadataRequest(Request):
    """What may be changed without reading the text anew. A field left out stays; null clears it."""

    external_id: Label | None = Field(default=None, description="The sender's own id, unique within the publisher.")
    url: Url | None = None
    publisher: Label | None = Field(default=None, description="The outlet.", examples=["The Steppe Herald"])
    published_at: PublishedAt | None = Field(
        default=None, description="A date, or an RFC 3339 time with offset. The precision is kept; times are returned in UTC."
    )
    language: LanguageTag | None = None
    metadata: Metadata | None = None

    def changes(self) -> dict[str, Any]:
        """By the names of the domain; only what was sent."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        return {"published" if name == "published_at" else name: value for name, value in sent.items()}


class ArticleRequest(ArticleMetadataRequest, ArticleTextRequest):
    """An article to store. Its identity is publisher and external_id, or without external_id publisher and text."""

    def submission(self) -> Submission:
        return Submission(
            text=self.article_text(),
            external_id=self.external_id,
            url=self.url,
            publisher=self.publisher,
            published=self.published_at,
            language=self.language,
            metadata=self.metadata or {},
        )


class ArticleItemResponse(Response):
    """An article as lists show it: without its text and what was said of it."""

    id: Id
    created_at: datetime
    updated_at: datetime
    revision: Count = Field(description="Counts the texts of this article from 1.")
    status: ArticleStatus
    external_id: str | None
    url: str | None
    title: str | None
    publisher: str | None
    published_at: PublishedAtText | None
    language: str | None = Field(description="As stated by the sender.")
    metadata: dict[str, Any]
    duplicate_group: Id | None = Field(
        description="The same for articles with nearly the same text, the id of the first; null as long as there is no other."
    )

    @classmethod
    def of(cls, article: StoredArticle) -> ArticleItemResponse:
        return cls(**_fields(article))


def article_in_json(value: ListedArticle) -> dict[str, Any]:
    """An ArticleItemResponse for orjson. Metadata is written as it is stored, so that no number in it changes."""
    item = value._asdict()
    item["metadata"] = orjson.Fragment(value.metadata)
    return item


class ArticleResponse(ArticleItemResponse):
    """An article with its text and its annotation."""

    text: str
    annotation: AnnotationResponse | None = Field(
        description="That of the active model version if there is one, else the newest; null until there is any."
    )

    @classmethod
    def of(cls, article: StoredArticle) -> ArticleResponse:
        annotation = AnnotationResponse.of(article.annotation) if article.annotation else None
        return cls(**_fields(article), text=article.submission.text.body, annotation=annotation)


class ArticlePageResponse(Page[ArticleItemResponse]):
    """Articles, without texts and annotations."""


def _fields(article: StoredArticle) -> dict[str, Any]:
    submission = article.submission
    return {
        "id": article.id,
        "created_at": article.created_at,
        "updated_at": article.updated_at,
        "revision": article.revision,
        "status": article.status,
        "external_id": submission.external_id,
        "url": submission.url,
        "title": submission.text.title,
        "publisher": submission.publisher,
        "published_at": written(submission.published),
        "language": submission.language,
        "metadata": dict(submission.metadata),
        "duplicate_group": article.duplicate_group,
    }
