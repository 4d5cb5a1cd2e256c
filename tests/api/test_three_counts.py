"""Counted, listed page by page and exported: three ways to the same rows, for random articles and filters, on both databases."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from app.domain.values import Judgement, PublicationTime, Stance
from app.services import export, fetch
from app.services.ingest import Given, Ingested, ingest
from app.storage.database import Store
from app.storage.tables import ArticleRow
from tests.api.clients import client
from tests.samples import MODEL, annotate_again, annotation, judgement, relation, submission

LATER = "scripted@000000000002"
CODES = ["CN", "KZ", "US"]
ASKED = ("/v1/stances", "/v1/articles", "/v1/stances/summary?group_by=country", "/v1/exports/stances", "/v1/exports/articles")
PUBLISHERS = [None, "P", "é =1"]
TEXTS = ["one two three four five six seven", "one two three four five six seven eight", "quite another text"]
DAYS = ["2023-12-31", "2024-01-01", "2024-02-15"]

judgements = st.builds(
    judgement,
    st.sampled_from(CODES),
    st.sampled_from([*Stance, None]),
    salience=st.sampled_from([0.0, 0.25, 1.0]),
    probability=st.sampled_from([0.4, 0.7]),
)
relations = st.lists(
    st.builds(
        lambda pair, stance, probability: relation(*pair[:2], stance, probability=probability),
        st.permutations(CODES),
        st.sampled_from([Stance.FAVOR, Stance.AGAINST]),
        st.sampled_from([0.4, 0.7]),
    ),
    max_size=3,
    unique_by=lambda said: (said.source, said.target, said.stance),
)
SAID = st.lists(judgements, max_size=3, unique_by=lambda judged: judged.country)
articles = st.fixed_dictionaries(
    {
        "text": st.sampled_from(TEXTS),
        "publisher": st.sampled_from(PUBLISHERS),
        "published": st.none() | st.sampled_from(DAYS),
        "said": SAID,
        "said_later": st.none() | SAID,
        "related": relations,
        "related_later": relations,
    }
)
corrections = st.fixed_dictionaries(
    {
        "number": st.integers(0, 8),
        "country": st.sampled_from(CODES),
        "present": st.booleans(),
        "stance": st.sampled_from([*Stance, None]),
    }
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "country": st.lists(st.sampled_from(CODES), max_size=2, unique=True),
        "stance": st.lists(st.sampled_from([*Stance, "undecided"]), max_size=3, unique=True),
        "publisher": st.sampled_from(["P", "é =1"]),
        "published_from": st.sampled_from(DAYS),
        "published_to": st.sampled_from(DAYS),
        "min_score": st.sampled_from([0.4, 0.6]),
        "min_salience": st.sampled_from([0.1, 1.0]),
        "voice": st.sampled_from(["author", "attributed"]),
        "kind": st.sampled_from(["name", "capital", "place"]),
        "language": st.sampled_from(["en", "fr"]),
        "q": st.sampled_from(["eight", "one -eight", '"another text"', "nothing"]),
        "judged_by": st.sampled_from(["human", "model", "any"]),
        "collapse": st.sampled_from(["true", "false"]),
        "model": st.sampled_from([MODEL, LATER]),
        "created_to": st.sampled_from(["2000-01-01", "2999-01-01"]),
    },
)
OF_ARTICLES = ("publisher", "published_from", "published_to", "language", "q", "collapse", "model", "created_to")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    made=st.lists(articles, min_size=2, max_size=9),
    asked=st.lists(filters, min_size=2, max_size=4),
    corrected=st.lists(corrections, max_size=3),
)
def test_what_is_counted_is_what_is_listed_and_what_is_exported(
    store: Store, made: list[dict[str, Any]], asked: list[dict[str, Any]], corrected: list[dict[str, Any]]
) -> None:
    with client(store) as http:
        assert http.portal is not None
        outcomes = http.portal.call(ingest, store, [article(number, each) for number, each in enumerate(made)])
        identifiers = [outcome.article_id for outcome in outcomes if isinstance(outcome, Ingested)]
        read_again(store, identifiers, made)
        correct(http, identifiers, corrected)
        for parameters in [{}, *asked]:
            check(http, parameters)
            check_relations(http, of_pairs(parameters))
    with store.transaction() as session:
        session.execute(delete(ArticleRow))


def article(number: int, made: dict[str, Any]) -> Given:
    published = made["published"] and PublicationTime.at(date.fromisoformat(made["published"]))
    said: list[Judgement] = made["said"]
    given = submission(made["text"], external_id=str(number), publisher=made["publisher"], published=published)
    return given, annotation(*said, relations=made["related"])


def read_again(store: Store, identifiers: list[str], made: list[dict[str, Any]]) -> None:
    """By another model version, which is the one that is shown from then on."""
    for identifier, each in zip(identifiers, made, strict=True):
        if each["said_later"] is not None:
            with store.reading() as session:
                stored = fetch.present(session, identifier)
            annotate_again(store, stored, annotation(*each["said_later"], model=LATER, relations=each["related_later"]))


def correct(http: TestClient, identifiers: list[str], chosen: list[dict[str, Any]]) -> None:
    for body in chosen:
        identifier = identifiers[body["number"] % len(identifiers)]
        said = {name: value for name, value in body.items() if name != "number"}
        stance = said["stance"] if said["present"] else None
        assert http.post(f"/v1/articles/{identifier}/corrections", json={**said, "stance": stance}).status_code == 201


def check(http: TestClient, parameters: dict[str, Any]) -> None:
    if "voice" in parameters and parameters.get("judged_by") == "human":
        # A reviewer says nothing of one voice, so this asks for nothing; and all of them have to say so.
        assert {http.get(path, params=parameters).status_code for path in ASKED} == {422}
        return
    listed = walked(http, "/v1/stances", parameters)
    summary = get(http, "/v1/stances/summary", {**parameters, "group_by": "country"})
    assert sum(group["n"] for group in summary["groups"]) == summary["n"] == len(listed)
    series = get(http, "/v1/stances/series", {**parameters, "interval": "month"})
    assert sum(sum(counted.values()) for counted in [*(point["counts"] for point in series["points"]), series["undated"]]) == len(
        listed
    )
    assert sum(model["n"] for model in summary["models"]) == len(listed)
    keys = [(item["article"]["id"], item["country"], item["stance"]) for item in reversed(listed)]
    assert [(line["article_id"], line["country"], line["stance"]) for line in ndjson(http, "stances", parameters)] == keys
    assert [(row["article_id"], row["country"], row["stance"] or None) for row in rows(http, "stances", parameters)] == keys
    articles = [item["id"] for item in reversed(walked(http, "/v1/articles", parameters))]
    assert [line["id"] for line in ndjson(http, "articles", parameters)] == articles
    assert [row["id"] for row in rows(http, "articles", parameters)] == articles


def of_pairs(parameters: dict[str, Any]) -> dict[str, Any]:
    """What a filter of stances would ask of relations."""
    kept = {name: value for name, value in parameters.items() if name in OF_ARTICLES}
    first, *others = [*parameters.get("country", []), None]
    kept |= ({"from": first} if first else {}) | ({"to": others[0]} if others and others[0] else {})
    kept |= {"stance": side} if (side := [each for each in parameters.get("stance", []) if each in ("favor", "against")]) else {}
    kept |= {"min_probability": parameters["min_score"]} if "min_score" in parameters else {}
    return kept | ({"judged_by": "model"} if parameters.get("judged_by") == "model" else {})


def check_relations(http: TestClient, parameters: dict[str, Any]) -> None:
    listed = walked(http, "/v1/relations", parameters)
    for interval in ({}, {"interval": "month"}):
        matrix = get(http, "/v1/relations/matrix", {**parameters, **interval})
        assert sum(pair["n"] for pair in matrix["pairs"]) == matrix["n"] == len(listed)
        assert sum(model["n"] for model in matrix["models"]) == len(listed)
        for pair in matrix["pairs"]:
            own = [item["stance"] for item in listed if (item["from"], item["to"]) == (pair["from"], pair["to"])]
            assert (pair["counts"]["favor"], pair["counts"]["against"]) == (own.count("favor"), own.count("against"))
            assert sum(period["n"] for period in pair["periods"] or [pair]) == pair["n"] == len(own)
    short = get(http, "/v1/relations/matrix", {**parameters, "limit": 1})
    assert sum(pair["n"] for pair in short["pairs"]) + short["left_out"]["n"] == short["n"] == len(listed)
    keys = [(item["article"]["id"], item["from"], item["to"], item["stance"]) for item in reversed(listed)]
    for lines in (ndjson(http, "relations", parameters), rows(http, "relations", parameters)):
        assert [(line["article_id"], line["from"], line["to"], line["stance"]) for line in lines] == keys


def get(http: TestClient, path: str, parameters: dict[str, Any]) -> dict[str, Any]:
    response = http.get(path, params=parameters)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def walked(http: TestClient, path: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    page = get(http, path, {**parameters, "limit": 2})
    items: list[dict[str, Any]] = page["items"]
    while page["next_cursor"]:
        page = get(http, path, {**parameters, "limit": 2, "cursor": page["next_cursor"]})
        items += page["items"]
    return items


def ndjson(http: TestClient, kind: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in http.get(f"/v1/exports/{kind}", params=parameters).text.split("\n")[:-1]]


def rows(http: TestClient, kind: str, parameters: dict[str, Any]) -> list[dict[str, str]]:
    text = http.get(f"/v1/exports/{kind}", params={**parameters, "format": "csv"}).text
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(autouse=True)
def in_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 4)
