"""What FastAPI would find out with every request is found out once, and by no way that could differ from its own."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import iscoroutinefunction

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.testclient import TestClient

from app.api import solving
from app.api.application import build, routes
from app.api.strict import StrictRoute

OPERATIONS = {route.name: route for route in routes(build().routes) if isinstance(route, StrictRoute)}


def within(dependant: Dependant) -> Iterator[Dependant]:
    for each in dependant.dependencies:
        yield each
        yield from within(each)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_dependency_goes_to_a_worker_thread(operation: str) -> None:
    found = within(OPERATIONS[operation].dependant)
    assert [each.call for each in found if not iscoroutinefunction(each.call)] == []


@pytest.mark.parametrize(
    "operation", ["list_stances", "list_articles", "get_stance_summary", "export_stances", "export_articles"]
)
def test_what_is_asked_for_most_goes_the_short_way(operation: str) -> None:
    assert solving.solved(OPERATIONS[operation].parameters.dependant) is not None


def test_all_that_is_wrong_with_a_query_is_told_at_once(http: TestClient) -> None:
    answer = http.get("/v1/stances", params={"min_score": 2, "limit": 0, "sort": "age"})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "#/query/min_score",
        "#/query/limit",
        "#/query/sort",
    ]


def test_a_repeated_parameter_is_a_list_and_another_must_not_be_repeated(http: TestClient) -> None:
    assert http.get("/v1/stances?country=FR&country=DE&stance=favor&stance=undecided").status_code == 200
    refused = http.get("/v1/stances?limit=1&limit=2")
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "#/query/limit"
