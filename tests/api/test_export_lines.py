"""What an export really writes fits what the document says of a line."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient

from app.domain import exports
from tests.test_openapi import COMMITTED

CONTRACT: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
KINDS = {
    "/v1/exports/stances": exports.STANCE,
    "/v1/exports/relations": exports.RELATION,
    "/v1/exports/articles": exports.ARTICLE,
    "/v1/corrections": exports.CORRECTION,
}
ARTICLES: list[dict[str, Any]] = [
    {"text": "France praised Germany.", "publisher": "A", "published_at": "2024-01-01", "url": "https://a.example/1"},
    {"text": "France condemned Belarus.", "published_at": "2024-01-02T23:30:00-01:00", "title": 'x\n"y", z', "language": "en"},
    {"text": "Kenya hailed China.", "external_id": "7", "metadata": {"é": ["\u2028", 1.0, None, {"deep": []}]}},
    {"text": "Nothing of note happened."},
]
# A stance, none, a country that nobody had found, and one that is not there.
CORRECTIONS = [
    (0, {"country": "DE", "stance": "against", "reason": "read it"}),
    (1, {"country": "BY", "stance": None}),
    (2, {"country": "KE", "stance": "favor"}),
    (3, {"country": "PE", "stance": "neutral"}),
    (0, {"country": "FR", "present": False}),
]


def described(path: str) -> dict[str, Any]:
    """The schema of a line, as the document references it."""
    forms = CONTRACT["paths"][path]["get"]["responses"]["200"]["content"]
    name = forms["application/x-ndjson"]["x-item-schema"]["$ref"].rsplit("/", 1)[1]
    return CONTRACT["components"]["schemas"][name]  # type: ignore[no-any-return]


@pytest.fixture
def stored(http: TestClient) -> TestClient:
    made = [http.post("/v1/articles", json=article).json()["id"] for article in ARTICLES]
    for number, correction in CORRECTIONS:
        assert http.post(f"/v1/articles/{made[number]}/corrections", json=correction).status_code == 201
    return http


@pytest.mark.parametrize("path", KINDS)
def test_every_line_fits_the_schema_that_is_referenced(stored: TestClient, path: str) -> None:
    schema = {**described(path), "components": CONTRACT["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    # U+2028 would end a line for `splitlines`, and does not for JSON.
    written = stored.get(path, params={"format": "ndjson"}).text.split("\n")[:-1]
    found = [json.loads(line) for line in written]
    # Of relations there are three, and a reviewer took one away.
    assert len(found) >= (2 if path.endswith("relations") else len(ARTICLES))
    for line in found:
        assert not [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(line)]


@pytest.mark.parametrize(("path", "columns"), KINDS.items())
def test_the_schema_has_the_columns_of_the_export_and_no_other(path: str, columns: tuple[str, ...]) -> None:
    schema = described(path)
    assert set(schema["properties"]) == set(schema["required"]) == set(columns)
