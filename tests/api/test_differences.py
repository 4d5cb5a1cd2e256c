"""Two model versions side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.domain.records import StoredArticle
from app.domain.values import Stance
from app.services import fetch
from app.storage.database import Store
from tests.api.clients import client, problem
from tests.samples import MODEL, ScriptedAnnotator, annotate_again, annotation, judgement

LATER = "scripted@000000000002"
DIFF = f"/v1/models/{MODEL}/diff/{LATER}"
SAID = {
    "one": [judgement("CN", Stance.FAVOR), judgement("FR", Stance.NEUTRAL)],
    "two": [judgement("CN", None)],
    "three": [judgement("KE", Stance.AGAINST)],
    "four": [judgement("DE", Stance.AGAINST)],
}
SAID_LATER = {
    "one": [judgement("CN", Stance.AGAINST, probability=0.9), judgement("FR", Stance.NEUTRAL), judgement("RU", None)],
    "two": [judgement("CN", Stance.NEUTRAL)],
    "three": [],
}


@pytest.fixture
def http(store: Store) -> Iterator[TestClient]:
    """Four articles; the last was read by one version only."""
    with client(store, annotator=ScriptedAnnotator(SAID)) as opened:
        for text in SAID:
            identifier = opened.post("/v1/articles", json={"text": text}).json()["id"]
            if text in SAID_LATER:
                annotate_again(store, stored(store, identifier), annotation(*SAID_LATER[text], model=LATER))
        yield opened


def stored(store: Store, identifier: str) -> StoredArticle:
    with store.reading() as session:
        return fetch.present(session, identifier)


def seen(item: dict[str, Any]) -> tuple[str, str, str]:
    return item["country"], said(item["before"]), said(item["after"])


def said(side: dict[str, Any] | None) -> str:
    return "not_found" if side is None else side["stance"] or "undecided"


def test_all_that_changed_is_listed_the_newest_article_first(http: TestClient) -> None:
    found = http.get(DIFF).json()
    assert [seen(item) for item in found["items"]] == [
        ("KE", "against", "not_found"),
        ("CN", "undecided", "neutral"),
        ("RU", "not_found", "undecided"),
        ("CN", "favor", "against"),
    ]
    assert found["items"][3]["after"]["scores"]["against"] == 0.9
    assert found["items"][3]["name"] == "Land of CN"


def test_every_pair_is_counted(http: TestClient) -> None:
    found = http.get(DIFF).json()
    counts = {(pair["before"], pair["after"]): pair["count"] for pair in found["counts"]}
    assert counts == {
        ("favor", "against"): 1,
        ("neutral", "neutral"): 1,
        ("not_found", "undecided"): 1,
        ("undecided", "neutral"): 1,
        ("against", "not_found"): 1,
    }
    assert found["articles"] == 3


def test_changes_are_paged(http: TestClient) -> None:
    items, path = [], f"{DIFF}?limit=1"
    while path:
        response = http.get(path)
        items += response.json()["items"]
        path = response.links.get("next", {}).get("url", "")
    assert items == http.get(DIFF).json()["items"]


def test_from_a_version_to_itself_nothing_changes(http: TestClient) -> None:
    found = http.get(f"/v1/models/{MODEL}/diff/{MODEL}").json()
    assert found["items"] == []
    assert all(pair["before"] == pair["after"] for pair in found["counts"])
    assert found["articles"] == 4


def test_there_and_back_is_the_same_with_the_sides_exchanged(http: TestClient) -> None:
    back = http.get(f"/v1/models/{LATER}/diff/{MODEL}").json()
    exchanged = [item | {"before": item["after"], "after": item["before"]} for item in back["items"]]
    assert exchanged == http.get(DIFF).json()["items"]


def test_a_text_that_only_one_version_read_is_not_compared(http: TestClient) -> None:
    second = http.get("/v1/articles?limit=2").json()["items"][1]["id"]
    http.put(f"/v1/articles/{second}/text", json={"text": "five"})
    assert http.get(DIFF).json()["articles"] == 2
    assert "KE" not in {item["country"] for item in http.get(DIFF).json()["items"]}


@pytest.mark.parametrize("path", [f"/v1/models/x/diff/{MODEL}", f"/v1/models/{MODEL}/diff/--"])
def test_a_version_that_annotated_nothing_is_not_found(http: TestClient, path: str) -> None:
    problem(http.get(path), 404, "model-not-found")


@pytest.mark.parametrize(
    "path", [f"/v1/models/{'x' * 201}/diff/{MODEL}", f"/v1/models/a%0Ab/diff/{MODEL}", f"/v1/models/{MODEL}/diff/%27%3B--"]
)
def test_what_cannot_be_a_version_is_refused(stateless: TestClient, path: str) -> None:
    problem(stateless.get(path), 422, "invalid-request")
