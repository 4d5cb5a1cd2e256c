"""What a service written in Python does with the generated client. Prints what it saw as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TypeVar

from standpoint_client import AuthenticatedClient, Client
from standpoint_client.api.annotations import annotate
from standpoint_client.api.articles import create_article, get_article
from standpoint_client.api.stances import list_stances
from standpoint_client.models import (
    AnnotateRequest,
    AnnotationResponse,
    ArticleRequest,
    ArticleResponse,
    CountryCode,
    Problem,
    StanceLineResponse,
    StancePageResponse,
    StanceResponse,
)
from standpoint_client.types import UNSET, Unset

Answer = TypeVar("Answer")


def use(client: AuthenticatedClient, stranger: Client, texts: list[str]) -> dict[str, object]:
    read = expect(AnnotationResponse, annotate.sync(client=client, body=AnnotateRequest(text=texts[0])))
    stored = [store(client, number, text) for number, text in enumerate(texts)]
    again = expect(ArticleResponse, get_article.sync(stored[0].id, client=client))
    assert again.annotation is not None
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


def expect(kind: type[Answer], answer: object) -> Answer:
    """A client that gets a problem where it wants something else should say which."""
    if not isinstance(answer, kind):
        raise SystemExit(f"expected {kind.__name__}, got {answer}")
    return answer


if __name__ == "__main__":
    address, key = sys.argv[1:]
    with AuthenticatedClient(base_url=address, token=key) as opened, Client(base_url=address) as unknown:
        print(json.dumps(use(opened, unknown, json.load(sys.stdin))))
