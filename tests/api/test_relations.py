"""Who stands where toward whom, over HTTP: in annotations, lists, the matrix and exports."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.schemas_relations import MatrixResponse, RelationPageResponse
from app.domain.values import Stance
from app.services import confront
from app.storage.database import Store
from tests.api.clients import client, pointers, problem
from tests.samples import ScriptedAnnotator, judgement, relation

ARTICLES: list[dict[str, Any]] = [
    {"text": "France praised Germany. The Kremlin was silent.", "publisher": "A", "published_at": "2024-01-01", "language": "en"},
    {"text": "France condemned Belarus over the gas border.", "publisher": "A", "published_at": "2024-01-02"},
    {"text": "France condemned Belarus over the gas border.", "publisher": "B", "published_at": "2024-03-05"},
    {"text": "Kenya hailed China. Russia accused France, and China welcomed Kenya.", "publisher": "B"},
]
PAIRS = [("CN", "KE", "favor"), ("KE", "CN", "favor"), ("RU", "FR", "against")]
ALL = [*PAIRS, ("FR", "BY", "against"), ("FR", "BY", "against"), ("FR", "DE", "favor")]


@pytest.fixture
def stored(http: TestClient) -> TestClient:
    for article in ARTICLES:
        assert http.post("/v1/articles", json=article).status_code == 201
    return http


def listed(http: TestClient, **parameters: Any) -> list[dict[str, Any]]:
    response = http.get("/v1/relations", params=parameters)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def said(items: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(item["from"], item["to"], item["stance"]) for item in items]


def matrix(http: TestClient, **parameters: Any) -> dict[str, Any]:
    response = http.get("/v1/relations/matrix", params=parameters)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_an_annotation_says_who_stands_where_toward_whom(http: TestClient) -> None:
    text = "Nobody spoke. France condemned both Belarus and the weather; Kenya hailed France."
    (kenya, france) = http.post("/v1/annotate", json={"text": text}).json()["relations"]
    assert (kenya["from"], kenya["to"], kenya["stance"], kenya["probability"]) == ("KE", "FR", "favor", 0.9)
    assert (france["from"], france["to"], france["stance"], france["probability"]) == ("FR", "BY", "against", 0.6)
    evidence = france["evidence"]
    assert text[evidence["start"] : evidence["end"]] == evidence["quote"] == text[14:]
    article = http.post("/v1/articles", json={"text": text}).json()
    address = article["annotation"]["id"]
    assert article["annotation"]["relations"] == [kenya, france]
    assert http.get(f"/v1/articles/{article['id']}").json()["annotation"]["relations"] == [kenya, france]
    assert http.get(f"/v1/annotations/{address}").json()["relations"] == [kenya, france]
    (item,) = http.get(f"/v1/articles/{article['id']}/annotations").json()["items"]
    assert item["relations"] == [kenya, france]
    assert http.post("/v1/annotate", json={"text": "France slept."}).json()["relations"] == []


def test_a_relation_in_a_list_shows_its_article_and_its_evidence(stored: TestClient) -> None:
    (item,) = listed(stored, **{"from": "FR", "to": "DE"})
    (article,) = [each for each in stored.get("/v1/articles").json()["items"] if each["published_at"] == "2024-01-01"]
    annotation = stored.get(f"/v1/articles/{article['id']}").json()["annotation"]
    (relation,) = annotation["relations"]
    known = {name: article[name] for name in ("id", "title", "publisher", "url", "published_at")}
    own = {"annotation_id": annotation["id"], "article": known, "model": annotation["model"]}
    assert item == {**relation, **own, "created_at": article["created_at"]}


def test_the_newest_article_comes_first_and_by_publication_the_undated_last(stored: TestClient) -> None:
    assert said(listed(stored))[3:] == ALL[3:]
    assert set(said(listed(stored))[:3]) == set(PAIRS)
    assert said(listed(stored, sort="published_at"))[:3] == ALL[3:]
    assert set(said(listed(stored, sort="published_at"))[3:]) == set(PAIRS)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"from": "FR"}, ALL[3:]),
        ({"to": "FR"}, [("RU", "FR", "against")]),
        ({"from": ["FR", "KE"], "to": ["DE", "CN"]}, [("KE", "CN", "favor"), ("FR", "DE", "favor")]),
        ({"from": "FR", "to": "KE"}, []),
        ({"stance": "against", "publisher": "B"}, [("RU", "FR", "against"), ("FR", "BY", "against")]),
        ({"stance": ["favor", "against"], "to": "DE"}, [("FR", "DE", "favor")]),
        ({"published_from": "2024-01-02", "published_to": "2024-03-04"}, [("FR", "BY", "against")]),
        ({"published_from": "2024-01-02", "from": "FR", "to": "BY"}, [("FR", "BY", "against")] * 2),
        ({"created_from": "2999-12-31"}, []),
        ({"language": "fr"}, []),
        ({"min_probability": 0.91}, []),
        ({"min_probability": 0.9, "to": "DE"}, [("FR", "DE", "favor")]),
        ({"model": "twin@000000000000", "to": "DE"}, [("FR", "DE", "favor")]),
        ({"model": "nobody@000000000000"}, []),
        ({"q": "kremlin"}, [("FR", "DE", "favor")]),
        ({"q": '"gas border" -kremlin', "collapse": "true"}, [("FR", "BY", "against")]),
        ({"to": "BY", "collapse": "true"}, [("FR", "BY", "against")]),
        ({"judged_by": "model", "to": "DE"}, [("FR", "DE", "favor")]),
    ],
)
def test_each_filter_narrows_list_matrix_and_export_alike(
    stored: TestClient, parameters: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert said(listed(stored, **parameters)) == expected
    counted = matrix(stored, **parameters)
    assert counted["n"] == sum(pair["n"] for pair in counted["pairs"]) == len(expected)
    exported = stored.get("/v1/exports/relations", params=parameters).text.split("\n")[:-1]
    assert len(exported) == len(expected)


def test_a_reviewer_who_takes_a_country_away_takes_its_relations_along(stored: TestClient) -> None:
    article = listed(stored, **{"from": "RU"})[0]["article"]["id"]
    made = [
        stored.post(f"/v1/articles/{article}/corrections", json={"country": code, "present": False}).json()["id"]
        for code in ("KE", "RU")
    ]
    assert said(listed(stored)) == ALL[3:]
    assert matrix(stored)["n"] == 3
    assert len(stored.get("/v1/exports/relations").text.split("\n")[:-1]) == 3
    assert set(said(listed(stored, judged_by="model"))) == set(ALL)
    # What the model said stays readable, as all that it said.
    assert len(stored.get(f"/v1/articles/{article}").json()["annotation"]["relations"]) == 3
    assert stored.delete(f"/v1/articles/{article}/corrections/{made[1]}").status_code in (200, 204)
    assert said(listed(stored)) == [("RU", "FR", "against"), *ALL[3:]]
    # A stance toward a country is no word on what that country takes toward others.
    stored.post(f"/v1/articles/{article}/corrections", json={"country": "RU", "present": True, "stance": "favor"})
    assert said(listed(stored)) == [("RU", "FR", "against"), *ALL[3:]]
    stored.post(f"/v1/articles/{article}/corrections", json={"country": "KE", "present": True})
    assert set(said(listed(stored))) == set(ALL)


def test_the_matrix_counts_ordered_pairs_those_with_most_first(stored: TestClient) -> None:
    found = matrix(stored)
    assert found["pairs"][0] == {
        "from": "FR",
        "to": "BY",
        "n": 2,
        "counts": {"favor": 0, "against": 2},
        "net_stance": {"value": -1.0, "low": -1.0, "high": 0.3487},
        "periods": None,
    }
    assert [(pair["from"], pair["to"]) for pair in found["pairs"][1:]] == [("CN", "KE"), ("FR", "DE"), ("KE", "CN"), ("RU", "FR")]
    assert (found["interval"], found["n"], found["left_out"]) == (None, 6, {"pairs": 0, "n": 0})
    assert found["models"] == [{"model": "twin@000000000000", "n": 6}]


def test_the_matrix_says_what_it_leaves_out(stored: TestClient) -> None:
    found = matrix(stored, limit=2)
    assert [(pair["from"], pair["to"]) for pair in found["pairs"]] == [("FR", "BY"), ("CN", "KE")]
    assert (found["n"], found["left_out"]) == (6, {"pairs": 3, "n": 3})


@pytest.mark.parametrize(
    ("interval", "starts"),
    [
        ("day", ["2024-01-02", "2024-03-05"]),
        ("week", ["2024-01-01", "2024-03-04"]),
        ("month", ["2024-01-01", "2024-03-01"]),
    ],
)
def test_the_matrix_counts_by_period(stored: TestClient, interval: str, starts: list[str]) -> None:
    found = matrix(stored, interval=interval)
    first, undated = found["pairs"][:2]
    assert [(period["start"], period["n"], period["counts"]["against"]) for period in first["periods"]] == [
        (start, 1, 1) for start in starts
    ]
    assert [(period["start"], period["n"]) for period in undated["periods"]] == [(None, 1)]


def test_an_article_that_says_both_counts_on_both_sides(store: Store) -> None:
    both = [relation("CN", "RU"), relation("CN", "RU", Stance.AGAINST, probability=0.6)]
    annotator = ScriptedAnnotator({"x": [judgement("CN"), judgement("RU")]}, relations={"x": both})
    with client(store, annotator=annotator) as http:
        http.post("/v1/articles", json={"text": "x"})
        assert said(listed(http)) == [("CN", "RU", "favor"), ("CN", "RU", "against")]
        (pair,) = matrix(http)["pairs"]
    assert (pair["n"], pair["counts"], pair["net_stance"]["value"]) == (2, {"favor": 1, "against": 1}, 0.0)


def test_too_many_periods_are_refused_in_words_and_never_cut(stored: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confront, "MOST_GROUPS", 5)
    assert len(matrix(stored)["pairs"]) == 5
    refused = problem(stored.get("/v1/relations/matrix?interval=day"), 422, "invalid-query")
    assert pointers(refused) == ["#/query/interval"]
    assert len(matrix(stored, interval="day", **{"from": "FR"})["pairs"]) == 2


@pytest.mark.parametrize(
    ("query", "pointer", "slug"),
    [
        ("from=XX", "#/query/from", "unknown-country"),
        ("to=fr", "#/query/to", "unknown-country"),
        ("stance=neutral", "#/query/stance/0", "invalid-request"),
        ("judged_by=human", "#/query/judged_by", "invalid-request"),
        ("min_probability=1.1", "#/query/min_probability", "invalid-request"),
        ("source=FR", "#/query", "invalid-request"),
        ("country=FR", "#/query", "invalid-request"),
        ("q=%22", "#/query/q", "invalid-query"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/relations", "/v1/relations/matrix", "/v1/exports/relations"])
def test_what_makes_no_sense_is_refused(stateless: TestClient, path: str, query: str, pointer: str, slug: str) -> None:
    assert pointers(problem(stateless.get(f"{path}?{query}"), 422, slug)) == [pointer]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001"])
def test_a_matrix_has_at_most_a_thousand_pairs(stateless: TestClient, query: str) -> None:
    assert pointers(problem(stateless.get(f"/v1/relations/matrix?{query}"), 422, "invalid-request")) == ["#/query/limit"]


def test_pages_and_matrices_are_what_their_wire_models_say(stored: TestClient) -> None:
    page = stored.get("/v1/relations?limit=2")
    assert 'rel="next"' in page.headers["link"]
    # Field by field, whatever their order.
    modelled = RelationPageResponse.model_validate_json(page.text)
    assert modelled.model_dump(mode="json") == page.json()
    for query in ("", "?interval=week", "?limit=1"):
        answer = stored.get(f"/v1/relations/matrix{query}")
        assert MatrixResponse.model_validate_json(answer.text).model_dump(mode="json") == answer.json()


def test_an_answer_can_be_asked_for_again_until_something_changes(stored: TestClient) -> None:
    for path in ("/v1/relations", "/v1/relations/matrix"):
        tag = stored.get(path).headers["etag"]
        assert stored.get(path, headers={"If-None-Match": tag}).status_code == 304
        stored.post("/v1/articles", json={"text": f"Germany praised Kenya for {path}."})
        assert stored.get(path, headers={"If-None-Match": tag}).status_code == 200
    assert stored.get("/v1/exports/relations").headers["cache-control"] == "no-store"
