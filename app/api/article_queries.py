"""Parameters that all lists of what was said of articles have, and what a filter is made of by them.

Each list names them itself: their place among its other parameters is part of the contract.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, Protocol

from pydantic import Field, PlainValidator, WithJsonSchema

from app.api.schemas import PUBLISHED_AT_SCHEMA, LanguageTag, publication_time
from app.domain.textquery import TextQuery
from app.domain.values import PublicationTime

When = Annotated[PublicationTime, PlainValidator(publication_time), WithJsonSchema(PUBLISHED_AT_SCHEMA)]
Least = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1, max_length=2_000)]

Publisher = Annotated[Text | None, Field(description="Exactly this outlet.")]
Url = Annotated[Text | None, Field(description="Exactly this address.")]
ExternalId = Annotated[Text | None, Field(description="Exactly this id of the sender's.")]
PublishedFrom = Annotated[When | None, Field(description="Published at this time or later, or from the start of this UTC day.")]
PublishedTo = Annotated[When | None, Field(description="Published before this time, or by the end of this UTC day.")]
CreatedFrom = Annotated[When | None, Field(description="Stored at this time or later, or from this UTC day on.")]
CreatedTo = Annotated[When | None, Field(description="Stored before this time, or by the end of this UTC day.")]
Language = Annotated[
    LanguageTag | None,
    Field(description="The language of the article without region: as stated, else as detected; `und` where neither."),
]
Words = Annotated[
    Annotated[str, Field(min_length=1, max_length=500)] | None,
    Field(
        description='Words, "phrases" and -either of them not, in title or text; accents and case do not matter.',
        examples=['gas "sea border" -football'],
    ),
]
Collapse = Annotated[
    bool, Field(description="Count near-duplicates once: of those that fit, the one stored first stands for its group.")
]
Model = Annotated[
    Annotated[str, Field(min_length=1, max_length=200)] | None,
    Field(description="A model version, `name@digest`. Left out: the active one if it annotated the article, else the newest."),
]


class AsksOfArticles(Protocol):
    publisher: str | None
    url: str | None
    external_id: str | None
    published_from: PublicationTime | None
    published_to: PublicationTime | None
    created_from: PublicationTime | None
    created_to: PublicationTime | None
    language: str | None
    q: str | None
    collapse: bool
    model: str | None


def of_article(asked: AsksOfArticles) -> dict[str, Any]:
    """What an ArticleFilter is made of. Raises InvalidQuery for words that cannot be read."""
    return {
        "publisher": asked.publisher,
        "url": asked.url,
        "external_id": asked.external_id,
        "published_from": first_moment(asked.published_from),
        "published_to": moment_behind(asked.published_to),
        "model": asked.model,
        "created_from": first_moment(asked.created_from),
        "created_to": moment_behind(asked.created_to),
        "language": asked.language,
        "q": None if asked.q is None else TextQuery.parse(asked.q),
        "collapse": asked.collapse,
    }


def first_moment(moment: PublicationTime | None) -> datetime | None:
    return None if moment is None else moment.instant or datetime.combine(moment.day, time.min, UTC)


def moment_behind(moment: PublicationTime | None) -> datetime | None:
    """A day as the end of a range includes that day."""
    return None if moment is None else moment.instant or datetime.combine(moment.day + timedelta(days=1), time.min, UTC)
