"""Examples of bulk work for the document."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.api import events, examples, problems, responses
from app.api.problems import ProblemError, RequestError
from app.api.schemas_articles import ArticleRequest
from app.api.schemas_jobs import (
    JobEventName,
    JobEventResponse,
    JobFailurePageResponse,
    JobFailureResponse,
    JobPageResponse,
    JobResponse,
)
from app.domain import errors
from app.domain.jobs import FailureKind, JobFailure, JobKind, JobState, Progress, StoredJob

JOB_ID = "01932c0a-5b1d-7e44-9a3c-2f6d8c1b7e90"

_RUNNING = StoredJob(
    id=JOB_ID,
    kind=JobKind.IMPORT,
    state=JobState.RUNNING,
    created_at=examples.READ_AT,
    updated_at=examples.READ_AT + timedelta(seconds=40),
    finished_at=None,
    received=1_000,
    idempotency_key="archive-2024-11",
    detail=None,
    progress=Progress(total=1_000, created=990, existing=9, invalid=1, done=640, failed=2, recent=640, recent_seconds=40),
)
_FAILURES = (
    JobFailure(17, FailureKind.INVALID, None, "#/text is required", examples.READ_AT),
    JobFailure(204, FailureKind.FAILED, examples.ARTICLE_ID, "the detected language is fr; the model knows en", examples.READ_AT),
)


def _job(**changes: Any) -> JobResponse:
    # The estimate counts from now, which an example must not.
    shown = JobResponse.of(_RUNNING).model_copy(update={"estimated_end": examples.READ_AT + timedelta(seconds=62)})
    return shown.model_copy(update=changes)


_NOTHING = dict.fromkeys(("received", "total", "created", "existing", "invalid", "done", "failed"), 0)
_ENDED = {"finished_at": examples.READ_AT + timedelta(seconds=41), "estimated_end": None}

JOB = _job()
CLAIM = replace(
    _RUNNING,
    kind=JobKind.CLAIM,
    state=JobState.FINISHED,
    finished_at=examples.READ_AT + timedelta(seconds=41),
    received=41,
    idempotency_key=None,
    progress=Progress(total=41, done=41, recent=41, recent_seconds=41),
)
NEW_CLAIM = replace(CLAIM, state=JobState.RECEIVING, finished_at=None, received=0, progress=Progress())
REANNOTATION = _job(
    kind=JobKind.REANNOTATION,
    state=JobState.RECEIVING,
    updated_at=examples.READ_AT,
    rate=None,
    estimated_end=None,
    **_NOTHING,
)
CANCELLED = _job(state=JobState.CANCELLED, detail="by request", **_ENDED)
JOBS = JobPageResponse(items=[JOB], next_cursor=None)
FAILURES = JobFailurePageResponse(items=[JobFailureResponse.of(failure) for failure in _FAILURES], next_cursor=None)

EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A stream that ends with the job.",
        "content": {responses.EVENTS: responses.stream(JobEventResponse, events.event(JobEventName.PROGRESS, JOB))},
    }
}

_LINES = f'{{"text": "{examples.BORDER}", "publisher": "{examples.PUBLISHER}"}}\n{{"text": "{examples.TRAINS}"}}\n'
IMPORT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/ImportRequest"},
                "examples": examples.requests(one_article={"articles": [examples.ARTICLE_REQUEST]}),
            },
            # One article a line, as in `articles` of the JSON body.
            responses.NDJSON: responses.stream(ArticleRequest, _LINES),
        },
    }
}

INVALID_IMPORT = RequestError(
    problems.INVALID_REQUEST,
    "The body cannot be used.",
    ProblemError(pointer="#", detail="must be an object whose only field is articles, an array of 1 to 1000"),
)
INVALID_ID = RequestError(
    problems.INVALID_REQUEST,
    "1 part of the request cannot be used.",
    ProblemError(pointer="#/path/job_id", detail="must be a UUID"),
)
UPLOAD = (
    RequestError(problems.BAD_REQUEST, "The body ends in the middle of its gzip."),
    examples.BODY[0],
    examples.BODY[2],
    INVALID_IMPORT,
    errors.ImportTooLarge("the import has more than 1000000 lines"),
    errors.UploadStalled("nothing came for 60 seconds"),
)
CONFLICT = (errors.IdempotencyConflict(JOB_ID), errors.JobConflict(JOB_ID, "was cancelled"))
ENDED = (errors.JobConflict(JOB_ID, "has finished"),)
NO_JOB = (INVALID_ID, errors.JobNotFound(JOB_ID))
