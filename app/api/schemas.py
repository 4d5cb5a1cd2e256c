"""What all wire models share: two bases, and the scalars that need more than a type."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema

from app.api.bodies import depth
from app.api.invalid import refuse
from app.domain.values import PublicationTime

Item = TypeVar("Item")

MAX_METADATA_BYTES = 16_384
"""Of compact JSON. Metadata is for labels and references, not for whole records: every list carries it."""

MAX_METADATA_DEPTH = 8
"""Levels of nesting, more than labels need."""

WEB_ADDRESS = r"https?://[^\s/?#\x00-\x20\x7f-\x9f\ufeff]+[^\s\x00-\x20\x7f-\x9f\ufeff]*"
"""As browsers show it, letters of all languages included, which the format `uri` would not allow. No white space, whichever
kind a dialect of regular expressions counts as such, and no control characters: only accidents bring them."""

PUBLISHED_AT = (
    r"^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?$"
)
"""Years 1000 to 2999: no newspaper is older, and no arithmetic on days leaves the range of the databases."""

PUBLISHED_AT_SCHEMA = {
    "type": "string",
    "pattern": PUBLISHED_AT,
    "maxLength": 32,
    "examples": ["2022-09-26", "2022-09-26T10:00:00Z"],
}


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Response(BaseModel):
    # All fields are always sent, those with a default too; a generated client then has no optional ones to look after.
    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class Page(Response, Generic[Item]):
    """A part of a list."""

    items: list[Item] = Field(max_length=200)
    next_cursor: str | None = Field(
        description="Give it as `cursor` to get the next page; null on the last. The `Link` header has the whole address.",
        examples=["eyJ2IjoxfQ"],
    )


def publication_time(value: object) -> PublicationTime:
    if not isinstance(value, str) or not re.fullmatch(PUBLISHED_AT, value.removesuffix("\n")) or value.endswith("\n"):
        raise refuse(
            "must be a date (2022-09-26) or an RFC 3339 time with offset (2022-09-26T10:00:00Z), in the years 1000 to 2999"
        )
    try:
        return PublicationTime.at(datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value))
    except ValueError:
        raise refuse("is not a day of the calendar") from None


def written(time: PublicationTime | None) -> str | None:
    """In the precision in which it was given; an instant in UTC."""
    if time is None:
        return None
    if time.instant is None:
        return time.day.isoformat()
    return time.instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def bounded_metadata(value: dict[str, Any]) -> dict[str, Any]:
    if depth(value) > MAX_METADATA_DEPTH:
        raise refuse(f"must not be nested deeper than {MAX_METADATA_DEPTH} levels")
    if len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) > MAX_METADATA_BYTES:
        raise refuse(f"must have at most {MAX_METADATA_BYTES} bytes as JSON")
    return value


def web_address(value: str) -> str:
    if not re.fullmatch(WEB_ADDRESS, value):
        raise refuse("must be an absolute http or https URL")
    return value


PublishedAt = Annotated[PublicationTime, PlainValidator(publication_time), WithJsonSchema(PUBLISHED_AT_SCHEMA)]
PublishedAtText = Annotated[str, WithJsonSchema(PUBLISHED_AT_SCHEMA)]

# 200 code points of 4 bytes each, twice, are 1,600 bytes: publisher and external_id fit one index entry of PostgreSQL (2,704).
Label = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
ClaimText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        pattern=r"\S",
        description="One proposition as a full sentence. 500 characters are a long one, and leave the passages room beside it.",
        examples=["There was a military coup in Kazakhstan."],
    ),
]
Title = Annotated[
    str, Field(max_length=2_000, description="The headline. It is read together with the text, and spans may lie in it.")
]
Body = Annotated[
    str,
    Field(
        description="The article itself, not only white space; at most 200,000 characters unless the service is set otherwise.",
        json_schema_extra={"minLength": 1, "pattern": r"\S"},
    ),
]
Url = Annotated[
    str,
    Field(max_length=2_000, json_schema_extra={"pattern": f"^{WEB_ADDRESS}$"}),
    AfterValidator(web_address),
]
LanguageTag = Annotated[
    str,
    Field(
        max_length=35,
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$",
        description="A BCP 47 tag. Left out, the language is detected; a text too short to tell is `und`.",
        examples=["en"],
    ),
]
Metadata = Annotated[
    dict[str, Any],
    Field(
        description="Anything of the sender's own, kept as it is: at most 16,384 bytes of JSON, 8 levels deep.",
        examples=[{"section": "world", "desk": "asia"}],
    ),
    AfterValidator(bounded_metadata),
]
Id = Annotated[
    str, Field(description="A UUIDv7.", json_schema_extra={"format": "uuid"}, examples=["01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"])
]
Code = Annotated[str, Field(description="ISO 3166-1 alpha-2, or XK.", pattern="^[A-Z]{2}$", examples=["KZ"])]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
ModelVersion = Annotated[
    str,
    Field(
        description="`name@digest`; the digest covers every file of the model that can change an answer.",
        max_length=200,
        examples=["standpoint-en@4f0c1d9a72be"],
    ),
]
