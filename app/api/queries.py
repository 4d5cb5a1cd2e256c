"""The parameters of lists, and the domain's Filter made from them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from app.api import country_codes
from app.api.export_formats import Format
from app.api.schemas import PUBLISHED_AT_SCHEMA, LanguageTag, publication_time
from app.domain.records import Dimension, Filter, Interval, Sort
from app.domain.textquery import TextQuery
from app.domain.values import CountryCode, JudgedBy, Kind, PublicationTime, Stance, Voice

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


class VoiceChoice(StrEnum):
    """`any` is the article as a whole."""

    ANY = "any"
    AUTHOR = "author"
    ATTRIBUTED = "attributed"


class JudgedByChoice(StrEnum):
    """`any` lets a reviewer's word stand before the model's."""

    ANY = "any"
    MODEL = "model"
    HUMAN = "human"


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
    created_from: When | None = Field(default=None, description="Stored at this time or later, or from this UTC day on.")
    created_to: When | None = Field(default=None, description="Stored before this time, or by the end of this UTC day.")
    language: LanguageTag | None = Field(
        default=None,
        description="The language of the article without region: as stated, else as detected; `und` where neither.",
    )
    kind: list[Kind] = Field(default=[], max_length=5, description="How mentions refer to the country; any of them.")
    voice: VoiceChoice = Field(
        default=VoiceChoice.ANY,
        description="Whose stance is meant: that of the whole article, or only what is said in the author's own voice, or "
        "only what is reported of others. Stance and scores are those of this voice, and undecided is below 0.5.",
    )
    judged_by: JudgedByChoice = Field(
        default=JudgedByChoice.ANY,
        description="`any` takes a reviewer's word where there is one, else the model's; `model` ignores reviewers.",
    )
    q: Annotated[str, Field(min_length=1, max_length=500)] | None = Field(
        default=None,
        description='Words, "phrases" and -either of them not, in title or text; accents and case do not matter.',
        examples=['gas "sea border" -football'],
    )
    collapse: bool = Field(
        default=False,
        description="Count near-duplicates once: of those that fit, the one stored first stands for its group.",
    )
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
            published_from=first_moment(self.published_from),
            published_to=moment_behind(self.published_to),
            min_score=self.min_score,
            min_salience=self.min_salience,
            model=self.model,
            created_from=first_moment(self.created_from),
            created_to=moment_behind(self.created_to),
            language=self.language,
            kinds=tuple(self.kind),
            voice=None if self.voice is VoiceChoice.ANY else Voice(self.voice.value),
            judged_by=None if self.judged_by is JudgedByChoice.ANY else JudgedBy(self.judged_by.value),
            q=None if self.q is None else TextQuery.parse(self.q),
            collapse=self.collapse,
        )


class PageQuery(BaseModel):
    model_config = ConfigDict(frozen=True)

    limit: int = Field(default=50, ge=1, le=200, description="Items of one page.")
    cursor: Annotated[str, Field(min_length=1, max_length=2_000)] | None = Field(
        default=None, description="`next_cursor` of the page before. It holds for the same filters and sort only."
    )


class SortedPageQuery(PageQuery):
    sort: Sort = Field(default=Sort.CREATED_AT, description="The newest first by this time; articles without a date last.")


class SummaryQuery(FilterQuery):
    group_by: list[Dimension] = Field(
        default=[],
        max_length=2,
        description="Up to two; without any, everything is one group. Days, weeks and months are of publication, in UTC.",
    )


class RelatedQuery(FilterQuery, PageQuery):
    pass


class SeriesQuery(FilterQuery):
    interval: Interval = Field(default=Interval.DAY, description="The width of one point, in UTC.")


class ExportQuery(FilterQuery):
    format: Format | None = Field(default=None, description="The form of the file. Left out, `Accept` decides; else NDJSON.")
    cursor: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None,
        description=(
            "`cursor` of the last whole line of an export that was cut off: the rest of that very export, for the same filters. "
            "Not for Parquet."
        ),
    )


class ListFormat(StrEnum):
    """A page, or a file."""

    JSON = "json"
    NDJSON = "ndjson"


class CorrectionQuery(PageQuery):
    format: ListFormat | None = Field(
        default=None, description="`ndjson` is a file for training instead of a page. Left out, `Accept` decides; else `json`."
    )
    cursor: Annotated[str, Field(min_length=1, max_length=2_000)] | None = Field(
        default=None,
        description="`next_cursor` of the page before; or, of a file that was cut off, `cursor` of its last whole line.",
    )


def first_moment(moment: PublicationTime | None) -> datetime | None:
    return None if moment is None else moment.instant or datetime.combine(moment.day, time.min, UTC)


def moment_behind(moment: PublicationTime | None) -> datetime | None:
    """A day as the end of a range includes that day."""
    return None if moment is None else moment.instant or datetime.combine(moment.day + timedelta(days=1), time.min, UTC)


Filters = Annotated[FilterQuery, Query()]
Paging = Annotated[PageQuery, Query()]
SortedPaging = Annotated[SortedPageQuery, Query()]
SummaryOf = Annotated[SummaryQuery, Query()]
RelatedTo = Annotated[RelatedQuery, Query()]
ExportOf = Annotated[ExportQuery, Query()]
SeriesOf = Annotated[SeriesQuery, Query()]
CorrectionsAs = Annotated[CorrectionQuery, Query()]
