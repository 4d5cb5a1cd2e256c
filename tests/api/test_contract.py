"""The running service keeps to the committed contract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.storage.database import Store
from tests.api.clients import client
from tests.twins import DictionaryReader


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    return json.loads((Path(__file__).parents[2] / "openapi.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.fixture
def whole(store: Store) -> Iterator[TestClient]:
    """A service that reads claims too."""
    with client(store, claims=DictionaryReader()) as opened:
        yield opened


def test_every_example_of_a_request_is_accepted(contract: dict[str, Any], whole: TestClient) -> None:
    post = contract["paths"]["/v1/articles"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    for example in post.values():
        stored = whole.post("/v1/articles", json=example["value"])
        assert stored.status_code in (200, 201)
    address = stored.headers["location"]
    for method, path in (("patch", address), ("put", f"{address}/text"), ("post", "/v1/annotate")):
        template = path.replace(address, "/v1/articles/{article_id}")
        body = contract["paths"][template][method]["requestBody"]["content"]["application/json"]
        for example in body["examples"].values():
            assert whole.request(method, path, json=example["value"]).status_code == 200


def test_the_service_shows_the_contract_it_was_built_with(contract: dict[str, Any], stateless: TestClient) -> None:
    assert stateless.get("/openapi.json").json() == contract
