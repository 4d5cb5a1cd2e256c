"""Whatever is sent, the answer is no 500 and repeats nothing of it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.clients import TEXT

# Many times one client: it holds no state that one example could leave to the next.
hostile = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

MARK = "Xyzzy7"
"""Stands in whatever is sent here, and so must not stand in an answer that is a problem."""

BODIES = [
    ("POST", "/v1/annotate"),
    ("POST", "/v1/articles"),
    ("PATCH", "/v1/articles/01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"),
    ("PUT", "/v1/articles/01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f/text"),
]
QUERIES = ["/v1/articles", "/v1/stances", "/v1/stances/series", "/v1/relations", "/v1/countries", "/v1/publishers", "/v1/models"]
FIELDS = ["title", "text", "external_id", "url", "publisher", "published_at", "language", "metadata", "targets", "limit", MARK]
PARAMETERS = [
    "country",
    "stance",
    "publisher",
    "url",
    "published_from",
    "published_to",
    "min_salience",
    "cursor",
    "limit",
    "sort",
    MARK,
]

marked = st.text(max_size=20).map(lambda text: f"{text[:10]}{MARK}{text[10:]}")
scalars = st.none() | st.booleans() | st.integers() | st.floats() | marked
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(marked, inner, max_size=3),
    max_leaves=6,
)


def unharmed(response: Any) -> None:
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        assert MARK not in response.text
        assert MARK not in str(response.headers)


@pytest.mark.parametrize(("method", "path"), BODIES)
@hostile
@given(body=st.dictionaries(st.sampled_from(FIELDS), values, max_size=5) | values)
def test_hostile_bodies_are_refused_or_taken(stateless: TestClient, method: str, path: str, body: Any) -> None:
    # As JSON that Python writes: it escapes what UTF-8 cannot hold, and writes NaN and Infinity, which JSON does not know.
    response = stateless.request(method, path, content=json.dumps(body), headers={"content-type": "application/json"})
    unharmed(response)


@pytest.mark.parametrize("field", ["title", "external_id", "url", "publisher", "published_at", "language", "metadata"])
@hostile
@given(value=values)
def test_one_hostile_field_beside_a_good_text_is_refused_or_stored(stateless: TestClient, field: str, value: Any) -> None:
    body = json.dumps({"text": TEXT, field: value})
    unharmed(stateless.post("/v1/articles", content=body, headers={"content-type": "application/json"}))


@pytest.mark.parametrize(("method", "path"), BODIES)
@hostile
@given(body=st.binary(max_size=80).map(lambda data: data[:40] + MARK.encode() + data[40:]))
def test_hostile_bytes_are_refused(stateless: TestClient, method: str, path: str, body: bytes) -> None:
    response = stateless.request(method, path, content=body, headers={"content-type": "application/json"})
    assert response.status_code >= 400
    unharmed(response)


@pytest.mark.parametrize("path", QUERIES)
@hostile
@given(query=st.lists(st.tuples(st.sampled_from(PARAMETERS), marked), max_size=4))
def test_hostile_parameters_are_refused_or_find_nothing(stateless: TestClient, path: str, query: list[tuple[str, str]]) -> None:
    pairs = "&".join(f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in query)
    unharmed(stateless.get(f"{path}?{pairs}"))


@pytest.mark.parametrize("path", QUERIES)
@hostile
@given(query=st.binary(max_size=40))
def test_hostile_percent_encoding_is_refused_or_read(stateless: TestClient, path: str, query: bytes) -> None:
    raw = "".join(f"%{byte:02x}" for byte in query)
    for pairs in (f"publisher={raw}", f"{raw}={MARK}", raw):
        unharmed(stateless.get(f"{path}?{pairs}"))


@hostile
@given(identifier=st.binary(min_size=1, max_size=40))
def test_hostile_ids_find_nothing(stateless: TestClient, identifier: bytes) -> None:
    raw = "".join(f"%{byte:02x}" for byte in identifier) + MARK
    for path in (f"/v1/articles/{raw}", f"/v1/annotations/{raw}", f"/v1/articles/{raw}/annotations", f"/{raw}"):
        response = stateless.get(path)
        assert response.status_code in (404, 422)
        unharmed(response)


@hostile
@given(value=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300))
def test_a_hostile_request_id_is_replaced(stateless: TestClient, value: str) -> None:
    response = stateless.get("/healthz", headers={"x-request-id": value})
    assert response.status_code == 200
    returned = response.headers["x-request-id"]
    assert returned == value or (len(returned) == 32 and returned.isalnum())
