"""What random requests seldom hit, tried on every operation, field and parameter of the contract, whichever they are."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.uploads import JSON_LIMIT
from tests.test_openapi import COMMITTED, operations

CONTRACT: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
ID = "01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"
JSON = {"content-type": "application/json"}
DIGITS = "9" * 5_000
PLACE = '"§"'
# Takes gzip, and bounds what comes out of it: see test_lines and test_jobs.
UNPACKING = {"/v1/imports"}

# JSON text that stands for a value, and has to be refused in whatever field it is.
NEVER = {
    "NaN": "NaN",
    "-Infinity": "-Infinity",
    "1e999": "1e999",
    "5,000 digits": DIGITS,
    "NUL": '"Xyzzy7\\u0000"',
    "lone surrogate": '"Xyzzy7\\ud800"',
    "surrogates in the wrong order": '"\\udc00\\ud800Xyzzy7"',
    "a name twice": '{"Xyzzy7": 1, "Xyzzy7": 2}',
    "40 arrays deep": "[" * 40 + "]" * 40,
    "100,000 arrays deep": "[" * 100_000,
}
NO_DATE = [
    "20220926",
    "1664150400.5",
    "true",
    '"20220926"',
    '"2022-02-30"',
    '"2022-09-26T25:00:00Z"',
    '"2022-09-26T10:00"',
    '"９"',
    "[]",
]
# As they stand in an address.
ODD = [
    "%ff",
    "%ed%a0%80",
    "%00",
    "%c0%80",
    "%zz",
    "%",
    DIGITS,
    "NaN",
    "1e999",
    "-0",
    "%0d%0aSet-Cookie:%20a=b",
    "%F0%9F",
    "+",
    "%E2%80%AE",
]


def addressed(path: str) -> str:
    return re.sub(r"\{[^}]+\}", ID, path)


def bodies() -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Method, path, example and schema of each operation that takes JSON."""
    for method, path, operation in operations(CONTRACT):
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if media and "$ref" in media["schema"]:
            schema = CONTRACT["components"]["schemas"][media["schema"]["$ref"].rsplit("/", 1)[1]]
            yield method, path, next(iter(media["examples"].values()))["value"], schema


FIELDS = [(method, path, example, field) for method, path, example, schema in bodies() for field in schema.get("properties", {})]
TAKING = [(method, path, example) for method, path, example, _ in bodies()]
PARAMETERS = [
    (method, path, parameter["name"])
    for method, path, operation in operations(CONTRACT)
    for parameter in operation.get("parameters", [])
    # Headers are shared by reference.
    if parameter.get("in") == "query"
]


def named(value: object) -> str | None:
    return value if isinstance(value, str) and len(value) < 60 else ""


def refused(response: Any) -> dict[str, Any]:
    assert 400 <= response.status_code < 500, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    assert "Xyzzy7" not in response.text and "99999" not in response.text
    return response.json()  # type: ignore[no-any-return]


def with_literal(example: dict[str, Any], field: str, literal: str) -> bytes:
    return json.dumps({**example, field: "§"}, ensure_ascii=False).replace(PLACE, literal).encode()


@pytest.mark.parametrize(("method", "path", "example", "field"), FIELDS, ids=named)
def test_what_json_must_not_say_is_refused_in_every_field(
    stateless: TestClient, method: str, path: str, example: dict[str, Any], field: str
) -> None:
    for name, literal in NEVER.items():
        body = with_literal(example, field, literal)
        problem = refused(stateless.request(method, addressed(path), content=body, headers=JSON))
        assert problem["status"] in (400, 422), (name, problem)


@pytest.mark.parametrize(
    ("method", "path", "example", "field"), [entry for entry in FIELDS if entry[3].endswith("_at")], ids=named
)
def test_what_is_no_date_is_refused_where_one_belongs(
    stateless: TestClient, method: str, path: str, example: dict[str, Any], field: str
) -> None:
    for literal in NO_DATE:
        body = with_literal(example, field, literal)
        problem = refused(stateless.request(method, addressed(path), content=body, headers=JSON))
        assert [error["pointer"] for error in problem["errors"]] == [f"#/{field}"], literal


@pytest.mark.parametrize(("method", "path", "example"), TAKING, ids=named)
def test_bytes_and_media_that_are_no_json_are_refused(
    stateless: TestClient, method: str, path: str, example: dict[str, Any]
) -> None:
    good = json.dumps(example).encode()
    # Ten megabytes of spaces in ten kilobytes.
    bomb = gzip.compress(good + b" " * 10_000_000)
    tried = [
        (good, {"content-type": "text/plain"}, {415}),
        (good, {"content-type": "application/xml"}, {415}),
        *([] if path in UNPACKING else [(bomb, {**JSON, "content-encoding": "gzip"}, {400, 413, 415})]),
        (bomb, JSON, {400}),
        (good[:-1] + b"\xff}", JSON, {400}),
        (good.decode().encode("utf-16"), JSON, {400}),
        (b" " * ((JSON_LIMIT if path in UNPACKING else 4 * 1024 * 1024) + 1), JSON, {413}),
    ]
    for content, headers, expected in tried:
        response = stateless.request(method, addressed(path), content=content, headers=headers)
        assert refused(response)["status"] in expected, headers


@pytest.mark.parametrize("path", CONTRACT["paths"])
def test_a_method_that_a_path_does_not_have_is_answered_with_all_that_it_has(stateless: TestClient, path: str) -> None:
    has = {method.upper() for method in CONTRACT["paths"][path]}
    expected = has | ({"HEAD"} if "GET" in has else set())
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "PROPFIND"} - has:
        response = stateless.request(method, addressed(path))
        assert response.status_code == 405, (method, path)
        assert set(response.headers["allow"].split(", ")) == expected
        refused(response)


@pytest.mark.parametrize(("method", "path", "name"), PARAMETERS, ids=named)
def test_odd_values_of_every_parameter_do_no_harm(stateless: TestClient, method: str, path: str, name: str) -> None:
    for value in ODD:
        response = stateless.request(method, f"{addressed(path)}?{name}={value}")
        assert response.status_code < 500, (value, response.text[:500])
        assert "set-cookie" not in response.headers
        if response.status_code >= 400:
            refused(response)


@pytest.mark.parametrize("path", [path for path in CONTRACT["paths"] if "{" in path])
@pytest.mark.parametrize(
    "value", [*ODD[:-2], "..%2f..%2fetc", "%2e%2e", "%3f", "%23", "a%2fb", ID.upper() + "%20", "{" + ID + "}"]
)
def test_odd_ids_in_every_path_find_nothing(stateless: TestClient, path: str, value: str) -> None:
    for method in CONTRACT["paths"][path]:
        response = stateless.request(method, re.sub(r"\{[^}]+\}", lambda _: value, path), content=b"{}", headers=JSON)
        assert response.status_code < 500
        if response.status_code >= 400:
            refused(response)
