"""The columns of exports. A line is a plain tuple, because there are millions; times are text as in RFC 3339, in UTC."""

from __future__ import annotations

from typing import Any

Line = tuple[Any, ...]

CURSOR = "cursor"
"""The last column of each: asks for what comes after the line."""

STANCE = (
    "article_id",
    "annotation_id",
    "country",
    "name",
    "stance",
    "favor",
    "neutral",
    "against",
    "salience",
    "mention_count",
    "model",
    "publisher",
    "url",
    "title",
    "created_at",
    "published_at",
    "judged_by",
    "evidence_field",
    "evidence_start",
    "evidence_end",
    "evidence_quote",
    CURSOR,
)
RELATION = (
    "article_id",
    "annotation_id",
    "from",
    "to",
    "stance",
    "probability",
    "model",
    "publisher",
    "url",
    "title",
    "created_at",
    "published_at",
    "evidence_field",
    "evidence_start",
    "evidence_end",
    "evidence_quote",
    CURSOR,
)
ARTICLE = (
    "id",
    "created_at",
    "updated_at",
    "revision",
    "status",
    "external_id",
    "url",
    "title",
    "publisher",
    "language",
    "metadata",
    "published_at",
    "duplicate_group",
    CURSOR,
)
CORRECTION = (
    "id",
    "article_id",
    "present",
    "country",
    "name",
    "stance",
    "reason",
    "reviewer",
    "created_at",
    "revision",
    "language",
    "publisher",
    "url",
    "title",
    "text",
    "model",
    "model_stance",
    "mentions",
    CURSOR,
)
