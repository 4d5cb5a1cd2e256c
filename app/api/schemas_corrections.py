"""Wire models of what reviewers say."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from app.api import country_codes
from app.api.invalid import refuse
from app.api.schemas import Code, Count, Id, Page, Request, Response
from app.domain.records import Correction
from app.domain.values import CountryCode, Stance, Verdict


def _known(code: str) -> str:
    if code not in country_codes.KNOWN:
        raise refuse("must be an ISO 3166-1 alpha-2 code in upper case, or XK")
    return code


KnownCode = Annotated[str, AfterValidator(_known)]


class CorrectionRequest(Request):
    """A reviewer's word on one country of an article."""

    country: KnownCode = Field(description="ISO 3166-1 alpha-2, or XK.", examples=["RU"])
    present: bool = Field(default=True, description="Whether the article is about the country at all.")
    stance: Stance | None = Field(
        default=None,
        strict=False,
        description="The stance of the article toward it; null when undecided, or when it is not present.",
    )
    reason: Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")] | None = Field(
        default=None, description="Why, in words.", examples=["The second paragraph quotes the minister."]
    )

    @model_validator(mode="after")
    def _no_stance_toward_nothing(self) -> CorrectionRequest:
        if self.stance is not None and not self.present:
            raise refuse("must not have a stance where the country is not present")
        return self

    def verdict(self) -> Verdict:
        return Verdict(CountryCode(self.country), present=self.present, stance=self.stance)


class CorrectionResponse(Response):
    """A correction. Of those of a country that are not revoked, the latest holds."""

    id: Id
    article_id: Id
    revision: Count = Field(description="The text that the reviewer saw.")
    created_at: datetime
    reviewer: str = Field(description="Who called; `anonymous` where nobody has to say.")
    country: Code
    name: str
    present: bool
    stance: Stance | None
    reason: str | None
    revoked_at: datetime | None
    revoked_by: str | None

    @classmethod
    def of(cls, value: Correction) -> CorrectionResponse:
        return cls(
            id=value.id,
            article_id=value.article_id,
            revision=value.revision,
            created_at=value.created_at,
            reviewer=value.reviewer,
            country=value.verdict.country,
            name=value.name,
            present=value.verdict.present,
            stance=value.verdict.stance,
            reason=value.reason,
            revoked_at=value.revoked_at,
            revoked_by=value.revoked_by,
        )


class CorrectionPageResponse(Page[CorrectionResponse]):
    """Corrections, revoked ones included."""
