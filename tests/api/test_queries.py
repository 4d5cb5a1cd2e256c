from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from app.storage.database import Store
from tests.api.clients import pointers, problem
from tests.api.test_lists import listed, stances

ARTICLES: list[dict[str, Any]] = [
    {"text": "France praised Germany.", "publisher": "A", "published_at": "2024-01-01", "language": "en"},
    {"text": "France condemned Belarus over the gas border.", "publisher": "A", "published_at": "2024-01-02"},
    {"text": "France condemned Belarus over the gas border.", "publisher": "B", "published_at": "2024-03-05"},
    {"text": "Kenya hailed China. The Kremlin was silent.", "publisher": "B", "published_at": None},
]


@pytest.fixture
def stored(http: TestClient) -> TestClient:
    for article in ARTICLES:
        assert http.post("/v1/articles", json=article).status_code == 201
    return http


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"language": "en", "country": "DE"}, {("DE", "favor")}),
        ({"language": "fr"}, set()),
        ({"kind": "government"}, {("RU", "neutral")}),
        ({"kind": ["government", "name"], "country": ["RU", "KE"]}, {("RU", "neutral"), ("KE", "neutral")}),
        ({"voice": "author", "country": "CN"}, {("CN", "favor")}),
        ({"voice": "attributed"}, set()),
        ({"judged_by": "human"}, set()),
        ({"judged_by": "model", "country": "CN"}, {("CN", "favor")}),
        ({"q": "kremlin -gas"}, {("KE", "neutral"), ("CN", "favor"), ("RU", "neutral")}),
        ({"q": '"GAS border"', "stance": "against"}, {("BY", "against")}),
        ({"created_from": "2999-12-31"}, set()),
        ({"created_to": "1000-01-01"}, set()),
        ({"created_from": "1000-01-01", "created_to": "2999-12-31", "country": "DE"}, {("DE", "favor")}),
    ],
)
def test_each_filter_narrows_lists_and_summaries_alike(
    stored: TestClient, parameters: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    items = listed(stored, "/v1/stances", **parameters)
    assert stances(items) == expected
    assert stored.get("/v1/stances/summary", params=parameters).json()["n"] == len(items)
    assert len(listed(stored, "/v1/articles", **parameters)) == len({item["article"]["id"] for item in items})


def test_near_duplicates_count_once(stored: TestClient) -> None:
    assert len(listed(stored, "/v1/articles", country="BY")) == 2
    (article,) = listed(stored, "/v1/articles", country="BY", collapse="true")
    assert (article["publisher"], article["duplicate_group"]) == ("A", article["id"])
    assert len(listed(stored, "/v1/stances", collapse="true")) == 7
    (relation,) = listed(stored, "/v1/countries/BY/related", collapse="true")
    assert (relation["country"], relation["articles"]) == ("FR", 1)


def test_a_summary_counts_by_up_to_two_dimensions(stored: TestClient) -> None:
    summary = stored.get("/v1/stances/summary?group_by=country&group_by=month&country=BY&country=CN").json()
    assert (summary["group_by"], summary["n"]) == (["country", "month"], 3)
    assert summary["models"] == [{"model": "twin@000000000000", "n": 3}]
    groups = [(each["group"]["country"], each["group"]["month"], each["counts"]["against"]) for each in summary["groups"]]
    assert groups == [("BY", "2024-01-01", 1), ("BY", "2024-03-01", 1), ("CN", None, 0)]
    first = summary["groups"][0]
    assert first["shares"] == {"favor": 0, "neutral": 0, "against": 1, "undecided": 0}
    assert first["net_stance"] == {"value": -1, "low": -1, "high": 0.7335}


def test_related_countries_show_the_stances_toward_both(stored: TestClient) -> None:
    relations = listed(stored, "/v1/countries/FR/related")
    assert [(each["country"], each["name"], each["articles"]) for each in relations] == [
        ("BY", "Belarus", 2),
        ("DE", "Germany", 1),
    ]
    assert relations[0]["toward_it"]["counts"]["against"] == relations[0]["toward_asked"]["counts"]["neutral"] == 2
    assert [each["country"] for each in listed(stored, "/v1/countries/FR/related", country="DE")] == ["DE"]
    assert listed(stored, "/v1/countries/NO/related") == []
    problem(stored.get("/v1/countries/XX/related"), 422, "unknown-country")


def test_a_series_shows_the_empty_intervals_that_were_asked_for(stored: TestClient) -> None:
    series = stored.get("/v1/stances/series?country=BY&interval=month&published_from=2023-12-01&published_to=2024-04-30").json()
    assert [(point["start"], point["n"]) for point in series["points"]] == [
        ("2023-12-01", 0),
        ("2024-01-01", 1),
        ("2024-02-01", 0),
        ("2024-03-01", 1),
        ("2024-04-01", 0),
    ]
    assert (series["points"][0]["net_stance"], series["points"][0]["shares"]) == (None, None)


# Whatever SQL, FTS5 or tsquery take for syntax is here text to look for.
HOSTILE = [
    "' OR 1=1 --",
    '"; DROP TABLE article; --',
    "a AND NOT b",
    "NEAR(a b, 3)",
    "words : x",
    "x*",
    "^x",
    "a:*",
    "!a <-> b",
    "\\",
    "a" * 500,
]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/stances",
        "/v1/articles",
        "/v1/stances/summary",
        "/v1/stances/series",
        "/v1/relations",
        "/v1/relations/matrix",
        "/v1/countries/CN/related",
    ],
)
@pytest.mark.parametrize("q", [*HOSTILE, '"', "-", "()", "é" * 500])
def test_hostile_full_text_is_answered_or_refused(stateless: TestClient, path: str, q: str) -> None:
    response = stateless.get(path, params={"q": q})
    assert response.status_code == 200 or pointers(problem(response, 422, "invalid-query")) == ["#/query/q"]
    assert stateless.get(path, params={"publisher": q, "language": "en"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        ("/v1/stances", "voice=author&judged_by=human", "#/query/judged_by"),
        ("/v1/stances/summary", "group_by=day&group_by=day", "#/query/group_by"),
        ("/v1/stances/series", "interval=day&published_from=1000-01-01&published_to=2999-12-31", "#/query/interval"),
    ],
)
def test_what_makes_no_sense_is_refused(stateless: TestClient, path: str, query: str, pointer: str) -> None:
    assert pointers(problem(stateless.get(f"{path}?{query}"), 422, "invalid-query")) == [pointer]


def test_a_range_that_ends_before_it_begins_holds_nothing(stored: TestClient) -> None:
    query = "published_from=2999-12-31&published_to=1000-01-01&created_from=2999-12-31&created_to=1000-01-01"
    assert stored.get(f"/v1/stances?{query}").json()["items"] == []
    assert stored.get(f"/v1/stances/series?{query}").json()["points"] == []


STATEMENTS = {
    "/v1/articles": 1,
    "/v1/stances": 1,
    "/v1/stances/summary?group_by=country&group_by=week": 1,
    "/v1/stances/series": 1,
    "/v1/relations": 1,
    "/v1/relations/matrix?interval=week": 1,
    "/v1/countries": 1,
    "/v1/countries/FR/related": 1,
    "/v1/publishers": 1,
    "/v1/models": 1,
}


@pytest.mark.parametrize("path", STATEMENTS)
@pytest.mark.parametrize("filters", ["", "country=FR&country=BY&q=gas&collapse=true&publisher=B&language=en&min_salience=0.1"])
def test_a_list_takes_as_many_statements_however_much_it_finds(stored: TestClient, store: Store, path: str, filters: str) -> None:
    executed: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda _c, _k, statement, *_: executed.append(statement))
    takes_filters = path.startswith(("/v1/articles", "/v1/stances", "/v1/relations", "/v1/countries/"))
    if path.startswith("/v1/relations"):
        filters = filters.replace("country", "from").replace("min_salience", "min_probability")
    response = stored.get(f"{path}{'&' if '?' in path else '?'}{filters}" if filters and takes_filters else path)
    assert response.status_code == 200, response.text
    assert len([statement for statement in executed if statement != "BEGIN"]) == STATEMENTS[path]
