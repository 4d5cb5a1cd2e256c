"""The parameters of lists of relations, and the domain's RelationFilter made from them."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from app.api import country_codes
from app.api.article_queries import (
    Collapse,
    CreatedFrom,
    CreatedTo,
    ExternalId,
    Language,
    Least,
    Model,
    PublishedFrom,
    PublishedTo,
    Publisher,
    Url,
    Words,
    of_article,
)
from app.api.queries import Filed
from app.api.schemas_annotations import RelationStance
from app.domain.records import Interval
from app.domain.relations import RelationFilter
from app.domain.values import CountryCode, JudgedBy, Stance

_CODE = WithJsonSchema({"$ref": "#/components/schemas/CountryCode"})
Source = Annotated[str, AfterValidator(partial(country_codes.known, field="from")), _CODE]
Target = Annotated[str, AfterValidator(partial(country_codes.known, field="to")), _CODE]


class ReviewedChoice(StrEnum):
    """`any` leaves out what a reviewer took away."""

    ANY = "any"
    MODEL = "model"


class RelationQuery(BaseModel):
    """All conditions given hold together; of a repeated one, any."""

    model_config = ConfigDict(frozen=True)

    source: list[Source] = Field(
        default=[], alias="from", max_length=250, description="Countries that take a stance, as ISO 3166-1 alpha-2 codes; any."
    )
    target: list[Target] = Field(
        default=[],
        alias="to",
        max_length=250,
        description="Countries toward which it is taken, as ISO 3166-1 alpha-2 codes; any.",
    )
    stance: list[RelationStance] = Field(default=[], max_length=2, description="What is taken; any of them.")
    publisher: Publisher = None
    url: Url = None
    external_id: ExternalId = None
    published_from: PublishedFrom = None
    published_to: PublishedTo = None
    min_probability: Least | None = Field(default=None, description="The least probability of the relation.")
    created_from: CreatedFrom = None
    created_to: CreatedTo = None
    language: Language = None
    judged_by: ReviewedChoice = Field(
        default=ReviewedChoice.ANY,
        description="`any` leaves out relations of a country that, as a reviewer said, is not in the article; `model` does not.",
    )
    q: Words = None
    collapse: Collapse = False
    model: Model = None

    def filter(self) -> RelationFilter:
        return RelationFilter(
            **of_article(self),
            sources=tuple(map(CountryCode, self.source)),
            targets=tuple(map(CountryCode, self.target)),
            stances=tuple(Stance(stance.value) for stance in self.stance),
            min_probability=self.min_probability,
            judged_by=JudgedBy.MODEL if self.judged_by is ReviewedChoice.MODEL else None,
        )


class MatrixQuery(RelationQuery):
    interval: Interval | None = Field(
        default=None, description="Counts each pair by the UTC day, week or month of publication too."
    )
    limit: int = Field(
        default=100,
        ge=1,
        le=1_000,
        description="Pairs of countries, those with most relations; `left_out` says how many are not shown.",
    )


class RelationExportQuery(Filed, RelationQuery):
    pass


RelationsThat = Annotated[RelationQuery, Query()]
MatrixOf = Annotated[MatrixQuery, Query()]
RelationExportOf = Annotated[RelationExportQuery, Query()]
