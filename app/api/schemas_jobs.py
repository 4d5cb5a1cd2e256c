"""Wire models of bulk work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field, Json

from app.api.queries import FilterQuery
from app.api.schemas import Count, Id, Page, Request, Response
from app.api.schemas_articles import ArticleRequest
from app.domain.jobs import FailureKind, JobFailure, JobKind, JobState, StoredJob

LONGEST = timedelta(days=3650)
"""Of an estimate; what takes longer has none."""


class ImportRequest(Request):
    """Articles as one JSON body. Each is looked at by itself: one that cannot be used is a failure of the job alone."""

    articles: Annotated[list[ArticleRequest], Field(min_length=1, max_length=1_000)]


class ReannotationRequest(FilterQuery):
    """Which articles to annotate anew; all of them where nothing is given. Conditions on stances hold of what is shown now."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class JobResponse(Response):
    """How far a job has come. Each of `total` is done, failed, or still to do."""

    id: Id
    kind: JobKind
    state: JobState = Field(
        description=(
            "`receiving` until all of it is known, `running`, `finished` when every article is done or failed, or `cancelled`."
        )
    )
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    detail: str | None = Field(description="Why it was cancelled.")
    received: Count = Field(description="How far the upload came, in lines; of another job, the articles found.")
    total: Count = Field(description="Articles and unusable lines so far.")
    created: Count = Field(description="Articles that this job stored.")
    existing: Count = Field(
        description="Articles that were stored already; annotated too, where the active model had not read them."
    )
    invalid: Count = Field(description="Lines that cannot be used.")
    done: Count = Field(description="Articles that were annotated, or read for the claim, by now, or were deleted meanwhile.")
    failed: Count = Field(description="Invalid lines and articles that could not be annotated.")
    rate: float | None = Field(
        description="Articles a second over the last five minutes, or over the whole of an ended job.", ge=0
    )
    estimated_end: datetime | None = Field(description="From the rate; null until there is one, and after the end.")

    @classmethod
    def of(cls, job: StoredJob) -> JobResponse:
        progress = job.progress
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.state,
            created_at=job.created_at,
            updated_at=job.updated_at,
            finished_at=job.finished_at,
            detail=job.detail,
            received=job.received,
            total=progress.total,
            created=progress.created,
            existing=progress.existing,
            invalid=progress.invalid,
            done=progress.done,
            failed=progress.failed,
            rate=None if progress.rate is None else round(progress.rate, 3),
            estimated_end=_estimated_end(job),
        )


class JobEventName(StrEnum):
    """`end` is the last."""

    PROGRESS = "progress"
    END = "end"


class JobEventResponse(Response):
    """A server-sent event. `data` is JSON in one line."""

    event: JobEventName
    data: Json[JobResponse]


class JobPageResponse(Page[JobResponse]):
    """Jobs, the newest first."""


class JobFailureResponse(Response):
    """One line or article that came to nothing."""

    line: Count = Field(description="Of the upload, counted from 1; of another job, the place of the article.")
    kind: FailureKind = Field(description="`invalid`: nothing was stored. `failed`: stored, and can be tried again with `retry`.")
    article_id: Id | None
    reason: str = Field(description="Never quotes the article.")
    created_at: datetime

    @classmethod
    def of(cls, failure: JobFailure) -> JobFailureResponse:
        return cls(**_fields(failure))


class JobFailurePageResponse(Page[JobFailureResponse]):
    """Failures by line."""


def _fields(failure: JobFailure) -> dict[str, Any]:
    return {name: getattr(failure, name) for name in ("line", "kind", "article_id", "reason", "created_at")}


def _estimated_end(job: StoredJob) -> datetime | None:
    if job.state is not JobState.RUNNING or not job.progress.rate:
        return None
    left = job.progress.remaining / job.progress.rate
    return datetime.now(UTC) + timedelta(seconds=left) if left < LONGEST.total_seconds() else None
