"""What a service written in Python does with the generated client. Prints what it saw as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import TypeVar
from uuid import UUID

from standpoint_client import AuthenticatedClient, Client
from standpoint_client.api.annotations import annotate
from standpoint_client.api.articles import create_article, get_article
from standpoint_client.api.jobs import create_import, get_job, list_job_failures
from standpoint_client.api.stances import list_stances
from standpoint_client.models import (
    AnnotatedTextResponse,
    AnnotateRequest,
    ArticleRequest,
    ArticleResponse,
    CountryCode,
    JobEventResponse,
    JobFailurePageResponse,
    JobResponse,
    Problem,
    StanceLineResponse,
    StancePageResponse,
    StanceResponse,
)
from standpoint_client.types import UNSET, File, Unset

Answer = TypeVar("Answer")


def use(client: AuthenticatedClient, stranger: Client, texts: list[str]) -> dict[str, object]:
    read = expect(AnnotatedTextResponse, annotate.sync(client=client, body=AnnotateRequest(text=texts[0])))
    stored = [store(client, number, text) for number, text in enumerate(texts)]
    again = expect(ArticleResponse, get_article.sync(stored[0].id, client=client))
    assert again.annotation is not None
    job = imported(client)
    rows = list(stances(client))
    problem = expect(Problem, list_stances.sync(client=client, limit=0))
    return {
        "annotated": {country.country: country.stance for country in read.countries},
        "stored": [str(article.id) for article in stored],
        "first": {country.country: country.stance for country in again.annotation.countries},
        "stances": sorted(f"{row.article.id} {row.country} {row.stance}" for row in rows),
        "china": len(list(stances(client, [CountryCode.CN]))),
        "problem": {"type": problem.type_, "status": problem.status, "pointers": [error.pointer for error in problem.errors]},
        "exported": sorted(f"{line.article_id} {line.country} {line.stance}" for line in exported(client)),
        "imported": job,
        "without_key": expect(Problem, list_stances.sync(client=stranger)).type_,
    }


def store(client: AuthenticatedClient, number: int, text: str) -> ArticleResponse:
    body = ArticleRequest(text=text, publisher="The Steppe Herald", external_id=f"python-{number}", published_at="2024-11-14")
    return expect(ArticleResponse, create_article.sync(client=client, body=body))


def stances(client: AuthenticatedClient, countries: list[CountryCode] | Unset = UNSET) -> Iterator[StanceResponse]:
    """Of all pages, two rows at a time."""
    cursor: str | Unset | None = UNSET
    while cursor is not None:
        page = expect(StancePageResponse, list_stances.sync(client=client, limit=2, cursor=cursor, country=countries))
        yield from page.items
        cursor = page.next_cursor


def exported(client: AuthenticatedClient) -> Iterator[StanceLineResponse]:
    """Each line as it comes; the generated function would wait for the last."""
    with client.get_httpx_client().stream("GET", "/v1/exports/stances") as answer:
        answer.raise_for_status()
        for line in answer.iter_lines():
            yield StanceLineResponse.from_dict(json.loads(line))


def imported(client: AuthenticatedClient) -> dict[str, object]:
    """Three lines, of which one is no article, sent twice under one key; then another body under the same key."""
    lines = [json.dumps({"text": f"Norway praised Chile on day {number}."}) for number in range(2)] + ["no article"]
    job = expect(JobResponse, send(client, lines))
    again = expect(JobResponse, send(client, lines))
    other = expect(Problem, send(client, lines[:1]))
    ended = followed(client, job.id)
    polled = expect(JobResponse, get_job.sync(job.id, client=client))
    failures = expect(JobFailurePageResponse, list_job_failures.sync(job.id, client=client)).items
    return {
        "same": again.id == job.id,
        "other": other.type_,
        "last": ended.event,
        "states": [JobResponse.from_dict(json.loads(ended.data)).state, polled.state],
        "counts": [polled.total, polled.created, polled.done, polled.failed],
        "failures": [[failure.line, failure.kind] for failure in failures],
    }


def send(client: AuthenticatedClient, lines: list[str]) -> JobResponse | Problem | None:
    body = File(BytesIO("\n".join(lines).encode()))
    return create_import.sync(client=client, body=body, idempotency_key="python-archive")


def followed(client: AuthenticatedClient, job: UUID) -> JobEventResponse:
    """The last event, after each as it comes; a comment in between only shows that the connection holds."""
    fields, last = {}, None
    with client.get_httpx_client().stream("GET", f"/v1/jobs/{job}/events") as answer:
        answer.raise_for_status()
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
            elif "event" in fields:
                fields, last = {}, JobEventResponse.from_dict(fields)
    return expect(JobEventResponse, last)


def expect(kind: type[Answer], answer: object) -> Answer:
    """A client that gets a problem where it wants something else should say which."""
    if not isinstance(answer, kind):
        raise SystemExit(f"expected {kind.__name__}, got {answer}")
    return answer


if __name__ == "__main__":
    address, key = sys.argv[1:]
    with AuthenticatedClient(base_url=address, token=key) as opened, Client(base_url=address) as unknown:
        print(json.dumps(use(opened, unknown, json.load(sys.stdin))))
