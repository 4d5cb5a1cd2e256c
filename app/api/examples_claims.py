"""Examples for the document, of claims. The project wrote the articles; all else is made by the code that makes real answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from app.api import examples, examples_jobs, problems
from app.api.problems import ProblemError, RequestError
from app.api.schemas_claims import (
    ClaimPageResponse,
    ClaimResponse,
    ClaimSeriesResponse,
    ClaimStancePageResponse,
    ClaimStanceResponse,
    ReportResponse,
    SpreadResponse,
    spread_fields,
)
from app.api.schemas_verdicts import AnnotatedTextResponse, ClaimVerdictResponse
from app.domain import errors
from app.domain.claim_records import (
    ClaimArticle,
    ClaimCounts,
    ClaimSeries,
    ClaimSeriesPoint,
    Course,
    Following,
    GateCounts,
    ListedClaimStance,
    Report,
    Spread,
    StoredClaim,
)
from app.domain.claims import ClaimEvidence, ClaimProbabilities, ClaimStance, ClaimVerdict
from app.domain.records import Filter, Interval
from app.domain.values import CountryCode, Field, PublicationTime, Span

CLAIM_ID = "01932c0e-7a11-7f52-b8d4-1c9e8f7a6b5d"
TEXT = "Russia turned back grain trains from Kazakhstan."
MODEL = "standpoint-claims-en@9b1f6ad03c5e"

_START = examples.TEXT.index(examples.TRAINS)
_SAID = ClaimProbabilities(agree=0.9, disagree=0.02, discuss=0.07, unrelated=0.01)
_EVIDENCE = ClaimEvidence(
    Field.TEXT, Span(_START, _START + len(examples.TRAINS)), examples.TRAINS, ClaimStance.AGREE, _SAID.agree
)
_VERDICT = ClaimVerdict(MODEL, ClaimStance.AGREE, _SAID, (_EVIDENCE,), passages=1)
_STANCE = ListedClaimStance(
    article=ClaimArticle(
        examples.ARTICLE_ID,
        examples.TITLE,
        examples.PUBLISHER,
        "https://herald.example/2024/11/14/rail-offer",
        PublicationTime(day=date(2024, 11, 14)),
    ),
    revision=1,
    stance=_VERDICT.stance,
    probabilities=_SAID,
    evidence=_VERDICT.evidence,
    passages=_VERDICT.passages,
    model=MODEL,
    created_at=examples.READ_AT,
)
_CLAIM = StoredClaim(
    id=CLAIM_ID,
    text=TEXT,
    wanted=Filter(countries=(CountryCode("KZ"),)),
    created_at=examples.READ_AT,
    model=MODEL,
    gate=GateCounts(considered=412, held_off=371, not_compared=0),
    counts=ClaimCounts(agree=12, disagree=3, discuss=6, unrelated=20),
    job=examples_jobs.CLAIM,
)

ANNOTATED_TEXT = AnnotatedTextResponse(
    **dict(examples.UNSTORED_ANNOTATION) | {"claims": [ClaimVerdictResponse.of(TEXT, _VERDICT)]}
)
REQUEST = {"text": TEXT, "countries": ["KZ"]}
CLAIM = ClaimResponse.of(_CLAIM)
NEW_CLAIM = ClaimResponse.of(replace(_CLAIM, gate=GateCounts(), counts=ClaimCounts(), job=examples_jobs.NEW_CLAIM))
CLAIMS = ClaimPageResponse(items=[CLAIM], next_cursor=None)
STANCES = ClaimStancePageResponse(items=[ClaimStanceResponse.of(_STANCE)], next_cursor=examples.CURSOR)
SERIES = ClaimSeriesResponse.of(
    ClaimSeries(
        points=(
            ClaimSeriesPoint(date(2024, 11, 14), ClaimCounts(agree=9, disagree=1, discuss=5)),
            ClaimSeriesPoint(date(2024, 11, 15), ClaimCounts(agree=3, disagree=2, discuss=1)),
        ),
        undated=ClaimCounts(),
    ),
    interval=Interval.DAY,
)
_REPORT = Report(_STANCE, copies=2)
_SPREAD = Spread(
    courses=(
        Course(ClaimStance.AGREE, _REPORT, 6, 10, (Following(1, 3), Following(7, 5), Following(30, 5))),
        Course(ClaimStance.DISAGREE, None, 0, 0, (Following(1, 0), Following(7, 0), Following(30, 0))),
    ),
    reports=(_REPORT,),
    next_cursor=examples.CURSOR,
    undated=(),
    undated_count=0,
)
SPREAD = SpreadResponse(items=[ReportResponse.told(_REPORT)], next_cursor=examples.CURSOR, **spread_fields(_SPREAD))

UNAVAILABLE = errors.ClaimsUnavailable()
NO_CLAIM = (
    RequestError(
        problems.INVALID_REQUEST,
        "1 part of the request cannot be used.",
        ProblemError(pointer="#/path/claim_id", detail="must be a UUID"),
    ),
    errors.ClaimNotFound(CLAIM_ID),
)
