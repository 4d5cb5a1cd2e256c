"""The parameters of lists about one claim, and the domain's ClaimFilter made from them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.article_queries import Least, Text, When, first_moment, moment_behind
from app.api.queries import KnownCountry, PageQuery, SortedPageQuery
from app.api.schemas import LanguageTag
from app.domain.claim_records import ClaimFilter
from app.domain.claims import ClaimStance
from app.domain.records import Filter, Interval
from app.domain.textquery import TextQuery
from app.domain.values import CountryCode


class ReportQuery(BaseModel):
    """All conditions given hold together; of a repeated one, any."""

    model_config = ConfigDict(frozen=True)

    publisher: Text | None = Field(default=None, description="Exactly this outlet.")
    url: Text | None = Field(default=None, description="Exactly this address.")
    external_id: Text | None = Field(default=None, description="Exactly this id of the sender's.")
    published_from: When | None = Field(
        default=None, description="Published at this time or later, or from the start of this UTC day."
    )
    published_to: When | None = Field(default=None, description="Published before this time, or by the end of this UTC day.")
    created_from: When | None = Field(default=None, description="Stored at this time or later, or from this UTC day on.")
    created_to: When | None = Field(default=None, description="Stored before this time, or by the end of this UTC day.")
    min_probability: Least | None = Field(default=None, description="The least probability of the stance toward the claim.")
    country: list[KnownCountry] = Field(
        default=[], max_length=250, description="Articles about these countries, as ISO 3166-1 alpha-2 codes; any of them."
    )
    language: LanguageTag | None = Field(
        default=None,
        description="The language of the article without region: as stated, else as detected; `und` where neither.",
    )
    q: Annotated[str, Field(min_length=1, max_length=500)] | None = Field(
        default=None,
        description='Words, "phrases" and -either of them not, in title or text; accents and case do not matter.',
        examples=['army "state television" -football'],
    )

    def articles(self) -> Filter:
        return Filter(
            countries=tuple(CountryCode(code) for code in self.country),
            publisher=self.publisher,
            url=self.url,
            external_id=self.external_id,
            published_from=first_moment(self.published_from),
            published_to=moment_behind(self.published_to),
            created_from=first_moment(self.created_from),
            created_to=moment_behind(self.created_to),
            language=self.language,
            q=None if self.q is None else TextQuery.parse(self.q),
        )

    def filter(self) -> ClaimFilter:
        return ClaimFilter(self.articles(), min_probability=self.min_probability)


class ClaimStanceQuery(ReportQuery):
    stance: list[ClaimStance] = Field(
        default=[], max_length=4, description="Stances toward the claim; any of them. Left out, all but `unrelated`."
    )
    collapse: bool = Field(
        default=False,
        description="Count near-duplicates once: of those that fit, the one stored first stands for its group.",
    )

    def filter(self) -> ClaimFilter:
        return ClaimFilter(self.articles(), tuple(dict.fromkeys(self.stance)), self.min_probability, self.collapse)


class ClaimSeriesQuery(ClaimStanceQuery):
    interval: Interval = Field(default=Interval.DAY, description="The width of one point, in UTC.")


class SpreadQuery(ReportQuery, PageQuery):
    pass


ClaimStances = Annotated[ClaimStanceQuery, Query()]
SortedClaimPaging = Annotated[SortedPageQuery, Query()]
ClaimSeriesOf = Annotated[ClaimSeriesQuery, Query()]
SpreadOf = Annotated[SpreadQuery, Query()]
