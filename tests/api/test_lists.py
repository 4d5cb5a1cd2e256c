from __future__ import annotations

import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel

from app.api.schemas_articles import ArticlePageResponse
from app.api.schemas_stances import StancePageResponse
from tests.api.clients import pointers, problem

ARTICLES: list[dict[str, Any]] = [
    {"text": "France praised Germany.", "publisher": "A", "published_at": "2024-01-01", "url": "https://a.example/1"},
    {"text": "France condemned Belarus.", "publisher": "A", "published_at": "2024-01-02T23:30:00-01:00", "external_id": "x/1"},
    {"text": "Kenya hailed China.", "publisher": "B", "published_at": "2024-02-10"},
    {"text": "Reporters condemned China twice.", "publisher": None, "published_at": None},
    {"text": "Nothing of note happened.", "publisher": "B", "published_at": "2023-12-31"},
]
LISTS = ("/v1/articles", "/v1/stances", "/v1/countries", "/v1/publishers", "/v1/models")


@pytest.fixture
def stored(http: TestClient) -> TestClient:
    for article in ARTICLES:
        assert http.post("/v1/articles", json=article).status_code == 201
    return http


def listed(http: TestClient, path: str, **parameters: Any) -> list[dict[str, Any]]:
    response = http.get(path, params=parameters)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def walked(http: TestClient, path: str) -> list[dict[str, Any]]:
    """All items, by following the Link header as a client would."""
    items = []
    while True:
        response = http.get(path)
        assert response.status_code == 200, response.text
        items += response.json()["items"]
        link = re.fullmatch('<(.+)>; rel="next"', response.headers.get("link", ""))
        assert bool(link) == bool(response.json()["next_cursor"])
        if not link:
            return items
        path = link[1]


def stances(items: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(item["country"], item["stance"]) for item in items}


def test_the_newest_article_comes_first(stored: TestClient) -> None:
    assert [item["publisher"] for item in listed(stored, "/v1/articles")] == ["B", None, "B", "A", "A"]


def test_undated_articles_come_last_when_sorted_by_date(stored: TestClient) -> None:
    dates = [item["published_at"] for item in listed(stored, "/v1/articles", sort="published_at")]
    assert dates == ["2024-02-10", "2024-01-03T00:30:00Z", "2024-01-01", "2023-12-31", None]


@pytest.mark.parametrize("path", LISTS)
def test_walking_a_list_page_by_page_gives_the_whole_list(stored: TestClient, path: str) -> None:
    assert walked(stored, f"{path}?limit=1") == walked(stored, f"{path}?limit=200") != []


def test_the_next_page_keeps_the_filters(stored: TestClient) -> None:
    items = walked(stored, "/v1/stances?limit=1&country=CN&country=FR&sort=published_at")
    assert [(item["country"], item["article"]["published_at"]) for item in items] == [
        ("CN", "2024-02-10"),
        ("FR", "2024-01-03T00:30:00Z"),
        ("FR", "2024-01-01"),
        ("CN", None),
    ]


def test_a_stance_shows_its_article_and_its_evidence(stored: TestClient) -> None:
    (item,) = listed(stored, "/v1/stances", country="DE")
    assert item["article"]["url"] == "https://a.example/1"
    assert (item["name"], item["stance"], item["model"]) == ("Germany", "favor", "twin@000000000000")
    assert item["evidence"]["quote"] == "France praised Germany."
    assert "mentions" not in item and "text" not in item["article"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"country": "CN"}, {("CN", "favor"), ("CN", "against")}),
        ({"country": ["CN", "DE"], "stance": "favor"}, {("CN", "favor"), ("DE", "favor")}),
        ({"stance": ["against", "undecided"]}, {("BY", "against"), ("CN", "against")}),
        ({"publisher": "B"}, {("KE", "neutral"), ("CN", "favor")}),
        ({"url": "https://a.example/1"}, {("FR", "neutral"), ("DE", "favor")}),
        ({"external_id": "x/1"}, {("FR", "neutral"), ("BY", "against")}),
        ({"published_from": "2024-01-03"}, {("FR", "neutral"), ("BY", "against"), ("KE", "neutral"), ("CN", "favor")}),
        ({"published_from": "2024-01-03", "published_to": "2024-01-03"}, {("FR", "neutral"), ("BY", "against")}),
        ({"published_to": "2024-01-03T00:30:00Z"}, {("FR", "neutral"), ("DE", "favor")}),
        ({"min_score": "0.9"}, set()),
        ({"min_salience": "1.0"}, set()),
        ({"model": "twin@000000000000", "country": "KE"}, {("KE", "neutral")}),
        ({"model": "other@000000000000"}, set()),
        ({"country": "NO"}, set()),
    ],
)
def test_filters_narrow_the_list_of_stances(
    stored: TestClient, parameters: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    assert stances(listed(stored, "/v1/stances", **parameters)) == expected


def test_filters_on_stances_hold_for_one_country_of_an_article(stored: TestClient) -> None:
    assert len(listed(stored, "/v1/articles", country="FR")) == 2
    assert listed(stored, "/v1/articles", country="FR", stance="against") == []


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"limit": "0"}, "#/query/limit"),
        ({"limit": "201"}, "#/query/limit"),
        ({"limit": "ten"}, "#/query/limit"),
        ({"limit": "9" * 5000}, "#/query/limit"),
        ({"limit": ["1", "2"]}, "#/query/limit"),
        ({"sort": "title"}, "#/query/sort"),
        ({"stance": "hostile"}, "#/query/stance/0"),
        ({"publisher": ""}, "#/query/publisher"),
        ({"published_from": "yesterday"}, "#/query/published_from"),
        ({"published_to": "1664150400"}, "#/query/published_to"),
        ({"min_score": "1.5"}, "#/query/min_score"),
        ({"min_salience": "NaN"}, "#/query/min_salience"),
        ({"min_salience": "1e999"}, "#/query/min_salience"),
        ({"contry": "CN"}, "#/query"),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(stateless: TestClient, parameters: dict[str, Any], pointer: str) -> None:
    for path in ("/v1/articles", "/v1/stances"):
        assert pointers(problem(stateless.get(path, params=parameters), 422, "invalid-request")) == [pointer]


def test_a_misspelt_parameter_is_refused_with_the_name_that_was_meant(stateless: TestClient) -> None:
    (error,) = problem(stateless.get("/v1/stances?contry=CN"), 422, "invalid-request")["errors"]
    assert error["detail"] == "has a parameter that this operation does not know; did you mean country?"


@pytest.mark.parametrize("path", [*LISTS, "/healthz", "/readyz"])
def test_no_operation_takes_a_parameter_that_it_does_not_know(stateless: TestClient, path: str) -> None:
    problem(stateless.get(f"{path}?colour=red"), 422, "invalid-request")


@pytest.mark.parametrize("code", ["cn", "XX", "EU", "CHN", "", "C", "CN,RU"])
def test_an_unknown_country_is_refused(stateless: TestClient, code: str) -> None:
    for path in ("/v1/articles", "/v1/stances", "/v1/stances/series"):
        assert pointers(problem(stateless.get(path, params={"country": code}), 422, "unknown-country")) == ["#/query/country"]


@pytest.mark.parametrize("path", ["/v1/articles", "/v1/stances", "/v1/publishers", "/v1/countries", "/v1/models"])
@pytest.mark.parametrize("cursor", ["x", "!", "e30", "eyJrIjoxfQ", "-1", "0", "\U0001f600"])
def test_a_malformed_cursor_is_refused(stateless: TestClient, path: str, cursor: str) -> None:
    assert pointers(problem(stateless.get(path, params={"cursor": cursor}), 422, "invalid-cursor")) == ["#/query/cursor"]


def test_a_cursor_of_other_filters_is_refused(stored: TestClient) -> None:
    cursor = stored.get("/v1/stances?limit=1&country=FR").json()["next_cursor"]
    problem(stored.get("/v1/stances", params={"country": "CN", "cursor": cursor}), 422, "invalid-cursor")
    problem(stored.get("/v1/stances", params={"country": "FR", "sort": "published_at", "cursor": cursor}), 422, "invalid-cursor")
    problem(stored.get("/v1/articles", params={"country": "FR", "cursor": cursor}), 422, "invalid-cursor")


def test_a_series_counts_stances_with_empty_intervals_and_undated_apart(stored: TestClient) -> None:
    series = stored.get("/v1/stances/series?country=CN&country=FR&interval=month").json()
    none = {"favor": 0, "neutral": 0, "against": 0, "undecided": 0}
    assert series["interval"] == "month"
    assert [(point["start"], point["n"], point["counts"]) for point in series["points"]] == [
        ("2024-01-01", 2, {**none, "neutral": 2}),
        ("2024-02-01", 1, {**none, "favor": 1}),
    ]
    assert series["points"][0]["shares"] == {**none, "neutral": 1.0}
    assert series["points"][1]["net_stance"]["value"] == 1.0
    assert series["undated"] == {**none, "against": 1}
    days = stored.get("/v1/stances/series?country=FR&interval=day").json()["points"]
    assert [point["start"] for point in days] == ["2024-01-01", "2024-01-02", "2024-01-03"]


def test_a_series_of_too_many_points_is_refused(stored: TestClient) -> None:
    stored.post("/v1/articles", json={"text": "France slept.", "published_at": "1001-01-01"})
    assert pointers(problem(stored.get("/v1/stances/series?country=FR&interval=day"), 422, "invalid-query")) == [
        "#/query/interval"
    ]


def test_countries_publishers_and_models_are_counted(stored: TestClient) -> None:
    counts = {item["country"]: item["articles"] for item in listed(stored, "/v1/countries")}
    assert counts == {"CN": 2, "FR": 2, "BY": 1, "DE": 1, "KE": 1}
    assert listed(stored, "/v1/countries")[0]["name"] == "China"
    assert [(item["publisher"], item["articles"]) for item in listed(stored, "/v1/publishers")] == [("A", 2), ("B", 2), (None, 1)]
    assert listed(stored, "/v1/models") == [
        {"model": "twin@000000000000", "active": True, "annotations": 5, "href": "/v1/models/twin@000000000000"}
    ]


@pytest.mark.parametrize("query", ["publisher=%FF", "publisher=a%00b", "publisher=%ED%A0%80", "a=1&" * 500])
def test_a_query_that_is_no_text_is_refused(stateless: TestClient, query: str) -> None:
    response = stateless.get("/v1/articles?" + query)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith("#/query")


def test_two_hundred_and_fifty_countries_in_one_filter_have_an_answer(stored: TestClient) -> None:
    codes = stored.get("/openapi.json").json()["components"]["schemas"]["CountryCode"]["enum"]
    assert len(codes) == 250
    assert len(listed(stored, "/v1/stances", country=codes)) == 7


@pytest.mark.parametrize(("path", "model"), [("/v1/articles", ArticlePageResponse), ("/v1/stances", StancePageResponse)])
def test_a_page_says_what_its_wire_model_says(stored: TestClient, path: str, model: type[BaseModel]) -> None:
    metadata = {"é": "\n", "large": 2**53 - 1, "small": 1e-22, "nested": [None, {"n": 1.0}]}
    article = {"text": "Kenya hailed “Peru”.", "metadata": metadata, "published_at": "2024-01-01T10:00:00.120+01:00"}
    assert stored.post("/v1/articles", json=article).status_code == 201
    response = stored.get(path, params={"limit": 4})
    assert response.headers["content-type"] == "application/json"
    assert response.json() == json.loads(model.model_validate_json(response.content).model_dump_json())
    assert list(response.json()["items"][0]) == list(model.model_validate_json(response.content).model_dump()["items"][0])
    if path == "/v1/articles":
        assert response.json()["items"][0]["metadata"] == metadata
