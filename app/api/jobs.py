"""Bulk work: imports, reannotations, and the jobs that they become."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Header, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from app.api import events, examples, examples_jobs
from app.api.dependencies import JobId, UsesDispatcher, UsesSettings, UsesStopping, UsesStore
from app.api.pages import LINK, UsesLinks
from app.api.queries import PageQuery, Paging
from app.api.responses import failures, success
from app.api.schemas_jobs import (
    JobFailurePageResponse,
    JobFailureResponse,
    JobPageResponse,
    JobResponse,
    ReannotationRequest,
)
from app.api.strict import StrictRoute
from app.api.uploads import UsesUpload
from app.domain.jobs import JobState
from app.services import end, follow, plan
from app.services.retry import retry
from app.services.upload import upload

router = APIRouter(prefix="/v1", tags=["jobs"], route_class=StrictRoute)

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Names this job: the same body sent again under it is the same job, and an upload that was cut off goes on.",
    ),
]
Wanted = Annotated[ReannotationRequest, Body(openapi_examples=examples.requests(one_country={"country": ["KZ"]}, everything={}))]
LOCATION = {"Location": "The job."}


class JobsQuery(PageQuery):
    state: JobState | None = Field(default=None, description="Only jobs in this state.")


@router.post(
    "/imports",
    status_code=HTTPStatus.ACCEPTED,
    summary="Import articles",
    openapi_extra=examples_jobs.IMPORT_BODY,
    responses=success(202, "All of it is on disk and will be annotated.", examples_jobs.JOB, headers=LOCATION)
    | failures(*examples_jobs.UPLOAD, *examples_jobs.CONFLICT, examples.STORAGE),
)
async def create_import(
    given: UsesUpload, response: Response, settings: UsesSettings, store: UsesStore, dispatcher: UsesDispatcher, key: Key = None
) -> JobResponse:
    """Takes up to 1,000 articles as JSON, or up to 1,000,000 lines as NDJSON, which is stored while it arrives; gzip is allowed.

    A line that cannot be used is a failure of the job and stops nothing. What was stored already is not stored again.
    """
    limits = {"text_limit": settings.text_limit, "seconds": settings.import_seconds}
    job = await upload(store, dispatcher, given.content, key=key, priority=given.priority, **limits)
    response.headers["Location"] = f"{router.prefix}/jobs/{job.id}"
    return JobResponse.of(job)


@router.post(
    "/reannotations",
    status_code=HTTPStatus.ACCEPTED,
    summary="Annotate stored articles anew",
    responses=success(202, "The articles will be found and annotated.", examples_jobs.REANNOTATION, headers=LOCATION)
    | failures(*examples.BODY, *examples_jobs.CONFLICT, examples.FILTER[1], examples.STORAGE),
)
async def create_reannotation(
    body: Wanted, response: Response, store: UsesStore, dispatcher: UsesDispatcher, key: Key = None
) -> JobResponse:
    """By the active model version, wherever it has not spoken of the current text. Older annotations stay beside the new ones."""
    job = await plan.reannotate(store, dispatcher, body.filter(), key=key)
    response.headers["Location"] = f"{router.prefix}/jobs/{job.id}"
    return JobResponse.of(job)


@router.get(
    "/jobs",
    summary="List jobs",
    responses=success(200, "One page, the newest first.", examples_jobs.JOBS, headers=LINK)
    | failures(*examples.CURSORS, examples.STORAGE),
)
async def list_jobs(query: Annotated[JobsQuery, Query()], links: UsesLinks, store: UsesStore) -> JobPageResponse:
    """All jobs, or those in one state."""
    found = await follow.all_jobs(store, state=query.state, limit=query.limit, cursor=query.cursor)
    return links.page(JobPageResponse, JobResponse.of, found)


@router.get(
    "/jobs/{job_id}",
    summary="Get a job",
    responses=success(200, "How far it has come.", examples_jobs.JOB) | failures(*examples_jobs.NO_JOB, examples.STORAGE),
)
async def get_job(job_id: JobId, store: UsesStore) -> JobResponse:
    """Rate and estimated end come from what was really done lately."""
    return JobResponse.of(await follow.job(store, job_id))


@router.get(
    "/jobs/{job_id}/failures",
    summary="List the failures of a job",
    responses=success(200, "One page, by line.", examples_jobs.FAILURES, headers=LINK)
    | failures(*examples_jobs.NO_JOB, *examples.CURSORS, examples.STORAGE),
)
async def list_job_failures(job_id: JobId, paging: Paging, links: UsesLinks, store: UsesStore) -> JobFailurePageResponse:
    """Which lines and articles came to nothing, and why."""
    found = await follow.failures(store, job_id, limit=paging.limit, cursor=paging.cursor)
    return links.page(JobFailurePageResponse, JobFailureResponse.of, found)


@router.get(
    "/jobs/{job_id}/events",
    summary="Follow a job",
    response_class=StreamingResponse,
    responses=examples_jobs.EVENTS | failures(*examples_jobs.NO_JOB, examples.STORAGE),
)
async def follow_job(job_id: JobId, store: UsesStore, stopping: UsesStopping) -> StreamingResponse:
    """Server-sent events: `progress` whenever something changed, `end` as the last; the data of both is the job as JSON."""
    first = JobResponse.of(await follow.job(store, job_id))
    stream = events.of_job(first, partial(follow.job, store, job_id), stopping)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@router.post(
    "/jobs/{job_id}/cancel",
    summary="Cancel a job",
    responses=success(200, "What is not done stays undone.", examples_jobs.CANCELLED)
    | failures(*examples_jobs.NO_JOB, *examples_jobs.ENDED, examples.STORAGE),
)
async def cancel_job(job_id: JobId, store: UsesStore) -> JobResponse:
    """Articles that were stored stay stored, annotated or not. Again is harmless."""
    return JobResponse.of(await end.cancel(store, job_id))


@router.post(
    "/jobs/{job_id}/retry",
    summary="Try a job again",
    responses=success(200, "It runs again.", examples_jobs.JOB)
    | failures(*examples_jobs.NO_JOB, *examples_jobs.ENDED, examples.STORAGE),
)
async def retry_job(job_id: JobId, store: UsesStore, dispatcher: UsesDispatcher) -> JobResponse:
    """Articles that could not be annotated, and all that was left when the job was cancelled. Invalid lines stay invalid."""
    return JobResponse.of(await retry(store, dispatcher, job_id))
