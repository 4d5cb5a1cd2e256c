"""GET /v1/models/{id}: the active model, one that only stored annotations name, and none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.domain.models import ModelDescription, Table
from app.inference import description
from app.inference.model_folder import ModelFolder
from app.storage.database import Store
from tests.api.clients import TEXT, article, client, pointers, problem
from tests.samples import ScriptedAnnotator, judgement
from tests.twins import DictionaryAnnotator

TWIN = "twin@000000000000"
TABLE = Table(
    "stance", "Stance", "In percent.", ("test", "targets", "macro-F1", "note"), (("A", 12, 77.5, None), ("B", 3, 80.0, "x"))
)


class Measured(DictionaryAnnotator):
    """The twin with figures."""

    description = ModelDescription(
        version=TWIN, languages=frozenset({"fr", "en"}), size=123, calibrated=True, base="b", licence="MIT", evaluation=(TABLE,)
    )


def test_the_active_model_says_what_it_is_and_how_well_it_does(store: Store) -> None:
    with client(store, annotator=Measured()) as http:
        http.post("/v1/articles", json=article())
        assert http.get(f"/v1/models/{TWIN}").json() == {
            "model": TWIN,
            "name": "twin",
            "active": True,
            "installed": True,
            "annotations": 1,
            "languages": ["en", "fr"],
            "bytes": 123,
            "base": "b",
            "licence": "MIT",
            "calibrated": True,
            "evaluation": [
                {
                    "id": "stance",
                    "title": "Stance",
                    "note": "In percent.",
                    "columns": ["test", "targets", "macro-F1", "note"],
                    "rows": [["A", 12, 77.5, None], ["B", 3, 80.0, "x"]],
                }
            ],
        }


@pytest.mark.parametrize("written", [TWIN, TWIN.replace("@", "%40")])
def test_the_at_of_an_id_may_be_percent_encoded(stateless: TestClient, written: str) -> None:
    assert stateless.get(f"/v1/models/{written}").json()["model"] == TWIN


def test_every_item_of_the_list_leads_to_its_model(store: Store) -> None:
    with client(store) as http:
        http.post("/v1/articles", json=article())
    with client(store, annotator=ScriptedAnnotator()) as http:
        items = http.get("/v1/models").json()["items"]
        found: list[dict[str, Any]] = [http.get(item["href"]).json() for item in items]
    assert [(model["model"], model["active"], model["annotations"]) for model in found] == [
        ("scripted@000000000001", True, 0),
        (TWIN, False, 1),
    ]


def test_a_model_that_is_no_longer_installed_is_known_by_its_annotations(store: Store) -> None:
    with client(store, annotator=ScriptedAnnotator({TEXT: [judgement("FR")]}, version="old.model-1@0123456789ab")) as http:
        http.post("/v1/articles", json=article())
    with client(store) as http:
        found = http.get("/v1/models/old.model-1@0123456789ab").json()
    assert (found["name"], found["annotations"], found["installed"], found["active"]) == ("old.model-1", 1, False, False)
    unknown = ("languages", "bytes", "base", "licence", "calibrated")
    assert [found[name] for name in unknown] == [None] * 5 and found["evaluation"] == []


def test_the_bundled_model_is_described_while_another_annotates(stateless: TestClient) -> None:
    shipped = ModelFolder.open("standpoint-en")
    found = stateless.get(f"/v1/models/{shipped.version}").json()
    assert (found["active"], found["installed"], found["calibrated"], found["languages"]) == (False, True, True, ["en"])
    assert found["bytes"] == shipped.size > shipped.file("weights.bin.z").stat().st_size
    assert len(found["evaluation"]) == len(description.described(shipped).evaluation)


@pytest.mark.parametrize("identifier", ["standpoint-en", "twin@000000000001", "@", "twin%40", "a" * 200])
def test_an_unknown_id_is_a_404_that_does_not_repeat_it(stateless: TestClient, identifier: str) -> None:
    found = problem(stateless.get(f"/v1/models/{identifier}"), 404, "model-not-found")
    assert found["detail"] == "no model has this id"


@pytest.mark.parametrize("identifier", ["%00", "a%20b", "a" * 201, "%ED%A0%80", "'--"])
def test_what_cannot_be_an_id_is_refused(stateless: TestClient, identifier: str) -> None:
    assert pointers(problem(stateless.get(f"/v1/models/{identifier}"), 422, "invalid-request")) == ["#/path/model_id"]


def test_a_table_refuses_a_row_that_does_not_fit() -> None:
    with pytest.raises(ValueError, match="another number of cells"):
        replace(TABLE, rows=(("A",),))
