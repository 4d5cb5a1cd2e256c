"""What may be kept of an answer: decided for every route, and 304 for who has it already."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from app.api import caching
from app.api.application import build
from app.api.caching import Policy
from tests.api.clients import article

MISSING = "01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"
LISTS = (
    "/v1/articles",
    "/v1/stances",
    "/v1/countries",
    "/v1/publishers",
    "/v1/models",
    "/v1/stances/series",
    "/v1/relations",
    "/v1/relations/matrix",
)


def routes() -> list[APIRoute]:
    included = (getattr(route, "original_router", None) for route in build().router.routes)
    return [route for router in included if router for route in router.routes]


@pytest.fixture
def stored(http: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = http.post("/v1/articles", json=article()).json()
    return found


def test_every_get_has_a_policy_and_nothing_else_has_one() -> None:
    reading = {route.name for route in routes() if "GET" in (route.methods or ())}
    assert reading == set(caching.TABLE)


def test_every_answer_says_what_may_be_kept_of_it(http: TestClient, stored: dict[str, Any]) -> None:
    kept = {
        f"/v1/articles/{stored['id']}": Policy.REVALIDATED,
        f"/v1/articles/{stored['id']}/annotations": Policy.REVALIDATED,
        f"/v1/annotations/{stored['annotation']['id']}": Policy.REVALIDATED,
        **dict.fromkeys(LISTS, Policy.REVALIDATED),
        "/docs": Policy.PACKAGED,
        "/docs/docs.js": Policy.PACKAGED,
        "/healthz": Policy.NEVER_KEPT,
        "/readyz": Policy.NEVER_KEPT,
        "/openapi.json": Policy.NEVER_KEPT,
        f"/v1/articles/{MISSING}": Policy.NEVER_KEPT,
        "/v1/stances?limit=0": Policy.NEVER_KEPT,
        "/nowhere": Policy.NEVER_KEPT,
    }
    assert {path: http.get(path).headers.get("cache-control") for path in kept} == kept
    assert http.post("/v1/articles", json=article()).headers["cache-control"] == "no-store"
    assert http.post("/v1/annotate", json={"text": "France slept."}).headers["cache-control"] == "no-store"


def test_who_has_the_answer_already_is_sent_no_body(http: TestClient, stored: dict[str, Any]) -> None:
    for path in (f"/v1/articles/{stored['id']}", f"/v1/annotations/{stored['annotation']['id']}", "/v1/articles?limit=1"):
        tag = http.get(path).headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = http.get(path, headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), known
            assert again.headers["cache-control"] == "private, no-cache"
            assert "content-length" not in again.headers and "content-type" not in again.headers
        for other in ("", '"other"', tag.strip('"'), tag[:-2] + '"'):
            assert http.get(path, headers={"If-None-Match": other}).status_code == 200, other


def test_a_page_keeps_its_link_when_it_is_not_sent_again(http: TestClient, stored: dict[str, Any]) -> None:
    http.post("/v1/articles", json=article(text="China slept."))
    first = http.get("/v1/articles?limit=1")
    again = http.get("/v1/articles?limit=1", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["link"] == first.headers["link"]


def test_a_change_makes_another_tag_and_a_deletion_no_tag(http: TestClient, stored: dict[str, Any]) -> None:
    address = f"/v1/articles/{stored['id']}"
    before = http.get(address).headers["etag"]
    assert http.patch(address, json={"publisher": "Another"}).status_code == 200
    changed = http.get(address, headers={"If-None-Match": before})
    assert changed.status_code == 200 and changed.headers["etag"] != before
    http.put(f"{address}/text", json={"text": "Germany praised Kenya."})
    assert http.get(address, headers={"If-None-Match": changed.headers["etag"]}).status_code == 200
    http.delete(address)
    assert http.get(address, headers={"If-None-Match": "*"}).status_code == 404


def test_head_has_the_tag_and_is_answered_304_too(http: TestClient, stored: dict[str, Any]) -> None:
    address = f"/v1/articles/{stored['id']}"
    head = http.head(address)
    assert head.headers["etag"] == http.get(address).headers["etag"]
    assert http.head(address, headers={"If-None-Match": head.headers["etag"]}).status_code == 304
