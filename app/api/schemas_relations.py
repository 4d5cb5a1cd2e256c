"""Wire models of who stands where toward whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import orjson
from pydantic import Field

from app.api.schemas import Count, Id, ModelVersion, Page, Response, Share
from app.api.schemas_annotations import EvidenceResponse, PairOfCountries, RelationStance
from app.api.schemas_stances import (
    ArticleReferenceResponse,
    NetStanceResponse,
    VersionCountResponse,
    evidence_in_json,
    net_in_json,
    reference_in_json,
)
from app.domain.records import Interval, StanceCounts
from app.domain.relations import ListedRelation, Matrix, PairCounts


class RelationItemResponse(Response, PairOfCountries):
    """What one country takes toward another in one article."""

    annotation_id: Id
    article: ArticleReferenceResponse
    stance: RelationStance
    probability: Share = Field(description="Calibrated for the sentence in `evidence`, where the model is.")
    model: ModelVersion
    created_at: datetime
    evidence: EvidenceResponse


def relation_in_json(value: ListedRelation) -> dict[str, Any]:
    """A RelationItemResponse for orjson, without an object for each of its parts."""
    return {
        "from": value.source,
        "to": value.target,
        "annotation_id": value.annotation_id,
        "article": reference_in_json(value.article),
        "stance": value.stance,
        "probability": value.probability,
        "model": value.model,
        "created_at": value.created_at,
        "evidence": evidence_in_json(value.evidence),
    }


class RelationPageResponse(Page[RelationItemResponse]):
    """Relations."""


class RelationCountsResponse(Response):
    """Relations by their stance."""

    favor: Count
    against: Count


class RelationTallyResponse(Response):
    """How relations are divided. An article that says both counts on both sides."""

    n: Count
    counts: RelationCountsResponse
    net_stance: NetStanceResponse


class PeriodResponse(RelationTallyResponse):
    """One day, week or month in which there are any."""

    start: date | None = Field(description="Its first day, in UTC; weeks start on Monday. null counts undated articles.")


class PairResponse(RelationTallyResponse, PairOfCountries):
    """One country toward another."""

    periods: list[PeriodResponse] | None = Field(
        description="Those in which there are any, undated articles last; null without `interval`."
    )


class LeftOutResponse(Response):
    """What was counted and is not shown; a greater `limit` shows it."""

    pairs: Count
    n: Count = Field(description="Their relations.")


class MatrixResponse(Response):
    """Ordered pairs of countries, those with most relations first."""

    interval: Interval | None
    n: Count = Field(description="All relations that fit, those left out included.")
    models: list[VersionCountResponse] = Field(description="All of them by model version.")
    pairs: list[PairResponse] = Field(max_length=1_000)
    left_out: LeftOutResponse = Field(description="Zeros where all is shown.")


def matrix_in_json(value: Matrix) -> bytes:
    """A MatrixResponse, without an object for each of its parts: a thousand pairs may have fifty thousand periods."""
    models = [{"model": model, "n": n} for model, n in value.models.items()]
    return orjson.dumps(
        {
            "interval": value.interval,
            "n": sum(value.models.values()),
            "models": models,
            "pairs": [_pair(pair) for pair in value.pairs],
            "left_out": value.left_out._asdict(),
        }
    )


def _pair(pair: PairCounts) -> dict[str, Any]:
    periods = pair.periods and [{**_tally(period.counts), "start": period.start} for period in pair.periods]
    return {"from": pair.source, "to": pair.target, **_tally(pair.counts), "periods": periods}


def _tally(counts: StanceCounts) -> dict[str, Any]:
    net = counts.net
    assert net is not None, "what has no relation is not there"
    return {"n": counts.n, "counts": {"favor": counts.favor, "against": counts.against}, "net_stance": net_in_json(net)}
