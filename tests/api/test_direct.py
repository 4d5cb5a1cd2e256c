"""Operations are found by their address as FastAPI itself would find them."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.routing import Match

from app.api import application
from app.api.application import routes
from app.api.direct import Direct
from app.api.strict import StrictRoute


def plain(app: Any) -> list[Any]:
    return [route for route in routes(app.router.routes) if isinstance(route, StrictRoute)]


def scope(method: str, path: str, **more: Any) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, **more}


def test_each_address_without_a_variable_part_leads_to_its_own_operation() -> None:
    app = application.build()
    direct = app.router.routes[0]
    assert isinstance(direct, Direct)
    fixed = [route for route in plain(app) if "{" not in route.path]
    assert len(fixed) > 10
    for route in fixed:
        for method in route.methods:
            match, found = direct.matches(scope(method, route.path))
            assert (match, found["route"], found["path_params"]) == (Match.FULL, route, {})
            # What FastAPI's own search finds first is the same.
            assert next(each for each in plain(app) if each.matches(scope(method, route.path))[0] is Match.FULL) is route


@pytest.mark.parametrize(
    "asked",
    [
        scope("GET", "/v1/articles/x"),
        scope("GET", "/v1/articles/"),
        scope("PATCH", "/v1/articles"),
        scope("GET", "/nowhere"),
        scope("GET", "/base/v1/articles", root_path="/base"),
        {"type": "websocket", "path": "/v1/articles"},
    ],
)
def test_everything_else_is_left_to_the_others(asked: dict[str, Any]) -> None:
    assert application.build().router.routes[0].matches(asked) == (Match.NONE, {})


def test_a_service_behind_a_prefix_answers_too(http: TestClient) -> None:
    behind = TestClient(http.app, root_path="/base")
    assert behind.get("/base/v1/articles").json() == http.get("/v1/articles").json()


def test_other_methods_are_refused_and_told_which_there_are(stateless: TestClient) -> None:
    answer = stateless.patch("/v1/articles")
    assert answer.status_code == 405 and set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
