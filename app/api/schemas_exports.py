"""What a line of an NDJSON export holds. Lines are made without these models, which are there for who reads them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from app.api.schemas import Code, Count, Id, ModelVersion, PublishedAtText, Response, Share
from app.api.schemas_annotations import PairOfCountries, RelationStance
from app.api.schemas_articles import ArticleItemResponse
from app.api.schemas_differences import Said
from app.domain.values import Field as Part
from app.domain.values import JudgedBy, Kind, Stance, Voice

CURSOR = "Asks for what comes after this line, where the export was cut off."


class StanceLineResponse(Response):
    """The stance of one article toward one country, with the strongest evidence; all on one level."""

    article_id: Id
    annotation_id: Id
    country: Code
    name: str = Field(description="The English name of the country.")
    stance: Stance | None = Field(description="null when undecided.")
    favor: Share
    neutral: Share
    against: Share
    salience: Share
    mention_count: Count
    model: ModelVersion
    publisher: str | None
    url: str | None
    title: str | None
    created_at: datetime
    published_at: PublishedAtText | None
    judged_by: JudgedBy
    evidence_field: Part | None
    evidence_start: Count | None
    evidence_end: Count | None
    evidence_quote: str | None
    cursor: str = Field(description=CURSOR)


class RelationLineResponse(Response, PairOfCountries):
    """What one country takes toward another in one article, with its evidence; all on one level."""

    article_id: Id
    annotation_id: Id
    stance: RelationStance
    probability: Share
    model: ModelVersion
    publisher: str | None
    url: str | None
    title: str | None
    created_at: datetime
    published_at: PublishedAtText | None
    evidence_field: Part
    evidence_start: Count
    evidence_end: Count
    evidence_quote: str
    cursor: str = Field(description=CURSOR)


class ArticleLineResponse(ArticleItemResponse):
    """An article as lists show it: without its text and what was said of it."""

    cursor: str = Field(description=CURSOR)


class CorrectedMentionResponse(Response):
    """A mention of the country that was corrected, as the model had seen it."""

    field: Part
    start: Count
    end: Count
    quote: str
    kind: Kind | None
    stance: Stance
    voice: Voice


class CorrectionLineResponse(Response):
    """A correction that holds, with the text that the reviewer saw: an example to learn from."""

    id: Id
    article_id: Id
    present: bool
    country: Code
    name: str
    stance: Stance | None = Field(description="null when undecided, or where the country is not present.")
    reason: str | None
    reviewer: str
    created_at: datetime
    revision: Count = Field(description="The text that the reviewer saw.")
    language: str | None
    publisher: str | None
    url: str | None
    title: str | None
    text: str
    model: ModelVersion | None = Field(description="null where no model had read this text.")
    model_stance: Said
    mentions: list[CorrectedMentionResponse]
    cursor: str = Field(description=CURSOR)


LINES: tuple[type[BaseModel], ...] = (StanceLineResponse, RelationLineResponse, ArticleLineResponse, CorrectionLineResponse)
