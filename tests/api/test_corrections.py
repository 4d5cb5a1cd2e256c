"""Corrections over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.domain.keys import Scope
from app.domain.values import Stance
from app.services import export, keys
from app.storage.database import Store
from tests.api.clients import article, client, pointers, problem
from tests.samples import MODEL, ScriptedAnnotator, judgement

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


def test_a_correction_says_whose_key_was_shown_and_one_that_only_reads_makes_none(store: Store) -> None:
    shown = {}
    for name, scope in (("Ada", Scope.WRITE), ("Bo", Scope.WRITE), ("Cy", Scope.READ)):
        _, secret = asyncio.run(keys.create(store, name=name, scope=scope))
        shown[name] = {"X-API-Key": secret}
    with client(store) as http:
        address = f"/v1/articles/{http.post('/v1/articles', json=article(), headers=shown['Ada']).json()['id']}/corrections"
        made = http.post(address, json={"country": "DE", "stance": "against"}, headers=shown["Ada"]).json()
        assert made["reviewer"] == "Ada"
        problem(http.post(address, json={"country": "DE"}, headers=shown["Cy"]), 403, "scope-too-small")
        problem(http.delete(f"{address}/{made['id']}", headers=shown["Cy"]), 403, "scope-too-small")
        revoked = http.delete(f"{address}/{made['id']}", headers=shown["Bo"]).json()
        assert (revoked["reviewer"], revoked["revoked_by"]) == ("Ada", "Bo")
        assert http.get("/v1/corrections", headers=shown["Cy"]).json()["items"] == [revoked]


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


SEEN = "abc is what they saw."
NDJSON = {"Accept": "application/x-ndjson"}


@pytest.fixture
def reviewed(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """One article, of which a reviewer said seven things and of which four hold. They are exported one by one."""
    monkeypatch.setattr(export, "BATCH", 1)
    said = [judgement("FR", Stance.FAVOR), judgement("DE", None), judgement("CN", Stance.AGAINST)]
    with client(store, annotator=ScriptedAnnotator({SEEN: said})) as http:
        given = {"text": SEEN, "title": "T", "publisher": "P", "url": "https://p.example/1", "language": "en-GB"}
        address = f"/v1/articles/{http.post('/v1/articles', json=given).json()['id']}/corrections"
        for country, stance in (("FR", "neutral"), ("DE", "favor"), ("KE", "against"), ("CN", None), ("FR", "against")):
            assert http.post(address, json={"country": country, "stance": stance, "reason": "r"}).status_code == 201
        assert http.post(address, json={"country": "CN", "present": False}).status_code == 201
        revoked = http.post(address, json={"country": "DE", "stance": "against"}).json()
        assert http.delete(f"{address}/{revoked['id']}").status_code == 200
        assert http.put(address.replace("corrections", "text"), json={"text": "Another text."}).status_code == 200
        yield http


def lessons(http: TestClient, **parameters: str) -> list[dict[str, Any]]:
    response = http.get("/v1/corrections", params=parameters, headers=NDJSON)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


def test_as_training_data_there_is_what_holds_with_the_text_that_the_reviewer_saw(reviewed: TestClient) -> None:
    found = lessons(reviewed)
    assert [(line["country"], line["present"], line["stance"], line["model_stance"]) for line in found] == [
        ("DE", True, "favor", "undecided"),
        ("KE", True, "against", "not_found"),
        ("FR", True, "against", "favor"),
        ("CN", False, None, "against"),
    ]
    seen = {"revision": 1, "title": "T", "text": SEEN, "publisher": "P", "url": "https://p.example/1", "model": MODEL}
    assert all(line | seen == line for line in found)
    assert all((line["reviewer"], line["name"]) == ("anonymous", f"Land of {line['country']}") for line in found)
    assert [line["reason"] for line in found] == ["r", "r", "r", None]


def test_training_data_says_where_the_model_found_the_country(reviewed: TestClient) -> None:
    germany, kenya, *_ = lessons(reviewed)
    for mention in germany["mentions"]:
        assert germany["text"][mention["start"] : mention["end"]] == mention["quote"] == "abc"
        assert mention.keys() == {"field", "start", "end", "quote", "kind", "stance", "voice"}
    assert germany["mentions"]
    assert kenya["mentions"] == []


def test_training_data_and_the_list_agree_on_what_they_share(reviewed: TestClient) -> None:
    listed = {item["id"]: item for item in reviewed.get("/v1/corrections?limit=200").json()["items"]}
    assert len(listed) == 7
    for line in lessons(reviewed):
        shared = listed[line["id"]].keys() & line.keys()
        assert shared >= {"article_id", "created_at", "present", "stance", "reviewer"}
        assert {name: line[name] for name in shared} == {name: listed[line["id"]][name] for name in shared}


def test_training_data_can_be_gone_on_with_after_a_cut(reviewed: TestClient) -> None:
    whole = lessons(reviewed)
    address = f"/v1/articles/{whole[0]['article_id']}/corrections"
    assert reviewed.post(address, json={"country": "US", "stance": "favor"}).status_code == 201
    for place, line in enumerate(whole):
        assert lessons(reviewed, cursor=line["cursor"]) == whole[place + 1 :]
    assert [line["country"] for line in lessons(reviewed)][-1] == "US"
    page = reviewed.get("/v1/corrections?limit=1").json()
    problem(reviewed.get("/v1/corrections", params={"cursor": page["next_cursor"]}, headers=NDJSON), 422, "invalid-cursor")
    problem(reviewed.get("/v1/corrections", params={"cursor": whole[0]["cursor"]}), 422, "invalid-cursor")


def test_an_export_of_no_corrections_is_an_empty_file(http: TestClient) -> None:
    assert lessons(http) == []


@pytest.mark.parametrize(
    ("accept", "lines"),
    [
        ("*/*", False),
        ("application/json", False),
        ("application/x-ndjson", True),
        ("application/jsonl, application/json;q=0.9", True),
        ("application/x-ndjson;q=0.9, application/json", False),
        ("text/html", False),
    ],
)
def test_a_page_unless_lines_are_rather_wanted(http: TestClient, accept: str, lines: bool) -> None:
    found = http.get("/v1/corrections", headers={"Accept": accept})
    assert found.headers["content-type"] == ("application/x-ndjson" if lines else "application/json")
    assert found.headers["cache-control"] == ("no-store" if lines else "private, no-cache")
    assert found.headers["vary"] == "Accept"
    chosen = http.get("/v1/corrections?format=json", headers={"Accept": accept})
    assert chosen.headers["content-type"] == "application/json"


def test_a_file_has_no_limit(stateless: TestClient) -> None:
    refused = stateless.get("/v1/corrections?format=ndjson&limit=5")
    assert pointers(problem(refused, 422, "invalid-request")) == ["#/query/limit"]
