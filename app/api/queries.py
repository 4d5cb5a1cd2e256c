"""The parameters of lists, and the domain's Filter made from them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from app.api import country_codes
from app.api.schemas import PUBLISHED_AT_SCHEMA, publication_time
from app.domain.records import Filter, Interval, Sort
from app.domain.values import CountryCode, PublicationTime, Stance

When = Annotated[PublicationTime, PlainValidator(publication_time), WithJsonSchema(PUBLISHED_AT_SCHEMA)]
KnownCountry = Annotated[str, AfterValidator(country_codes.known), WithJsonSchema({"$ref": "#/components/schemas/CountryCode"})]
Least = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1, max_length=2_000)]


class StanceChoice(StrEnum):
    """A stance as filters name it; `undecided` is where answers have null."""

    FAVOR = "favor"
    NEUTRAL = "neutral"
    AGAINST = "against"
    UNDECIDED = "undecided"

    def value_or_none(self) -> Stance | None:
        return None if self is StanceChoice.UNDECIDED else Stance(self.value)


class FilterQuery(BaseModel):
    """All conditions given hold together; of a repeated one, any."""

    model_config = ConfigDict(frozen=True)

    country: list[KnownCountry] = Field(
        default=[], max_length=250, description="Countries, as ISO 3166-1 alpha-2 codes; any of them."
    )
    stance: list[StanceChoice] = Field(default=[], max_length=4, description="Stances toward the country; any of them.")
    publisher: Text | None = Field(default=None, description="Exactly this outlet.")
    url: Text | None = Field(default=None, description="Exactly this address.")
    external_id: Text | None = Field(default=None, description="Exactly this id of the sender's.")
    published_from: When | None = Field(
        default=None, description="Published at this time or later, or from the start of this UTC day."
    )
    published_to: When | None = Field(default=None, description="Published before this time, or by the end of this UTC day.")
    min_score: Least | None = Field(
        default=None, description="The least score of the stance, which is no probability: see `scores` of a country."
    )
    min_salience: Least | None = Field(default=None, description="The least salience of the country.")
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None,
        description="A model version, `name@digest`. Left out: the active one if it annotated the article, else the newest.",
    )

    def filter(self) -> Filter:
        return Filter(
            countries=tuple(CountryCode(code) for code in self.country),
            stances=tuple(choice.value_or_none() for choice in self.stance),
            publisher=self.publisher,
            url=self.url,
            external_id=self.external_id,
            published_from=_first(self.published_from),
            published_to=_behind(self.published_to),
            min_score=self.min_score,
            min_salience=self.min_salience,
            model=self.model,
        )


class PageQuery(BaseModel):
    model_config = ConfigDict(frozen=True)

    limit: int = Field(default=50, ge=1, le=200, description="Items of one page.")
    cursor: Annotated[str, Field(min_length=1, max_length=2_000)] | None = Field(
        default=None, description="`next_cursor` of the page before. It holds for the same filters and sort only."
    )


class SortedPageQuery(PageQuery):
    sort: Sort = Field(default=Sort.CREATED_AT, description="The newest first by this time; articles without a date last.")


class SeriesQuery(FilterQuery):
    interval: Interval = Field(default=Interval.DAY, description="The width of one point, in UTC.")


def _first(moment: PublicationTime | None) -> datetime | None:
    return None if moment is None else moment.instant or datetime.combine(moment.day, time.min, UTC)


def _behind(moment: PublicationTime | None) -> datetime | None:
    """A day as the end of a range includes that day."""
    return None if moment is None else moment.instant or datetime.combine(moment.day + timedelta(days=1), time.min, UTC)


Filters = Annotated[FilterQuery, Query()]
Paging = Annotated[PageQuery, Query()]
SortedPaging = Annotated[SortedPageQuery, Query()]
SeriesOf = Annotated[SeriesQuery, Query()]
