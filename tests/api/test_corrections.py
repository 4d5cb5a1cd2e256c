"""Corrections over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.clients import article, pointers, problem

MISSING = "01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"


@pytest.fixture
def address(http: TestClient) -> str:
    return f"/v1/articles/{http.post('/v1/articles', json=article()).json()['id']}/corrections"


def stance_of(http: TestClient, country: str) -> list[tuple[str, str]]:
    items = http.get("/v1/stances", params={"country": country}).json()["items"]
    return [(item["stance"], item["judged_by"]) for item in items]


def test_a_correction_holds_until_it_is_revoked(http: TestClient, address: str) -> None:
    before = stance_of(http, "DE")
    response = http.post(address, json={"country": "DE", "stance": "against", "reason": "read it"})
    assert response.status_code == 201
    made = response.json()
    assert (made["reviewer"], made["present"], made["revision"], made["revoked_at"]) == ("anonymous", True, 1, None)
    assert stance_of(http, "DE") == [("against", "human")]
    (line,) = http.get("/v1/exports/stances?country=DE&format=csv").text.splitlines()[1:]
    assert ",against," in line and ",human," in line
    revoked = http.delete(f"{address}/{made['id']}").json()
    assert revoked["revoked_by"] == "anonymous" and revoked["revoked_at"]
    assert http.delete(f"{address}/{made['id']}").json() == revoked
    assert stance_of(http, "DE") == before


def test_corrections_are_listed_the_newest_first(http: TestClient, address: str) -> None:
    for country in ("DE", "KE", "FR"):
        http.post(address, json={"country": country, "present": country != "FR"})
    for path in (address, "/v1/corrections"):
        assert [item["country"] for item in http.get(path).json()["items"]] == ["FR", "KE", "DE"]
        assert http.get(f"{path}?limit=1").links["next"]
    assert stance_of(http, "FR") == []
    assert stance_of(http, "KE") == [(None, "human")]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"country": "XX"}, "#/country"),
        ({"country": "de"}, "#/country"),
        ({}, "#/country"),
        ({"country": "DE", "stance": "hostile"}, "#/stance"),
        ({"country": "DE", "present": "no"}, "#/present"),
        ({"country": "DE", "present": False, "stance": "favor"}, "#"),
        ({"country": "DE", "reason": " "}, "#/reason"),
        ({"country": "DE", "reviewer": "me"}, "#"),
    ],
)
def test_a_correction_that_means_nothing_is_refused(stateless: TestClient, body: dict[str, Any], pointer: str) -> None:
    refused = stateless.post(f"/v1/articles/{MISSING}/corrections", json=body)
    assert pointers(problem(refused, 422, "invalid-request")) == [pointer]


def test_what_is_not_there_is_not_found(http: TestClient, address: str) -> None:
    problem(http.post(f"/v1/articles/{MISSING}/corrections", json={"country": "DE"}), 404, "article-not-found")
    problem(http.get(f"/v1/articles/{MISSING}/corrections"), 404, "article-not-found")
    problem(http.delete(f"{address}/{MISSING}"), 404, "correction-not-found")
