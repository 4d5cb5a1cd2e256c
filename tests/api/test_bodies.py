from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app.api import bodies
from app.api.problems import RequestError
from app.domain.errors import ForbiddenCharacter
from tests.api.clients import TEXT, article, pointers, problem

JSON = {"content-type": "application/json"}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_json_can_say_is_read_as_it_is(value: Any) -> None:
    assert bodies.parse(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_other_bytes_are_either_json_or_refused(data: bytes) -> None:
    try:
        bodies.parse(data)
    except RequestError as error:
        assert error.kind.slug == "malformed-json"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"text": "x"} trailing',
        b'{"text": NaN}',
        b'{"text": "x", "metadata": {"n": -Infinity}}',
        b'{"text": "x", "metadata": {"n": 1e999}}',
        b'{"text": "x", "metadata": {"n": ' + b"9" * 5000 + b"}}",
        b'{"text": "x", "metadata": {"n": 9007199254740992}}',
        b'{"text": "x", "text": "y"}',
        b'{"text": "x", "metadata": {"a": 1, "a": 2}}',
        b'{"text": "\xff"}',
        b'{"text": "\xed\xa0\x80"}',
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b"[" * 40 + b"]" * 40,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"text": "tab\there"}',
    ],
)
@pytest.mark.parametrize("path", ["/v1/annotate", "/v1/articles"])
def test_what_is_not_json_is_refused(stateless: TestClient, path: str, body: bytes) -> None:
    problem(stateless.post(path, content=body, headers=JSON), 400, "malformed-json")


FORBIDDEN = ["\\u0000", "a\\ud800", "\\udc00b", "\\ud83d"]


@pytest.mark.parametrize("escape", FORBIDDEN)
@pytest.mark.parametrize("field", ["text", "title", "external_id", "url", "publisher", "published_at", "language"])
def test_nul_and_lone_surrogates_are_refused_in_every_string(stateless: TestClient, field: str, escape: str) -> None:
    body = json.dumps(article(**{field: "§"})).replace("\\u00a7", escape)
    response = stateless.post("/v1/articles", content=body, headers=JSON)
    assert pointers(problem(response, 422, "forbidden-character")) == [f"#/{field}"]


@pytest.mark.parametrize("escape", FORBIDDEN)
@pytest.mark.parametrize("metadata", ['{"k": "§"}', '{"§": 1}', '{"k": [{"deep": ["§"]}]}'])
def test_nul_and_lone_surrogates_are_refused_in_metadata(stateless: TestClient, metadata: str, escape: str) -> None:
    body = f'{{"text": "x", "metadata": {metadata.replace("§", escape)}}}'
    response = stateless.post("/v1/articles", content=body, headers=JSON)
    assert pointers(problem(response, 422, "forbidden-character")) == ["#/metadata"]


@pytest.mark.parametrize("escape", FORBIDDEN)
def test_nul_and_lone_surrogates_are_refused_in_names_and_targets(stateless: TestClient, escape: str) -> None:
    for body, pointer in ((f'{{"text": "x", "{escape}": 1}}', "#"), (f'{{"text": "x", "targets": ["{escape}"]}}', "#/targets")):
        assert pointers(problem(stateless.post("/v1/annotate", content=body, headers=JSON), 422, "forbidden-character")) == [
            pointer
        ]


def test_a_surrogate_pair_is_a_character(stateless: TestClient) -> None:
    body = b'{"text": "\\ud83c\\uddeb\\ud83c\\uddf7 France"}'
    assert stateless.post("/v1/annotate", content=body, headers=JSON).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/jsonp"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_other_media_are_refused(stateless: TestClient, headers: dict[str, str]) -> None:
    problem(stateless.post("/v1/annotate", content=b'{"text": "x"}', headers=headers), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "media_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_in_utf_8_is_taken_however_it_is_named(stateless: TestClient, media_type: str) -> None:
    body = json.dumps({"text": TEXT})
    assert stateless.post("/v1/annotate", content=body, headers={"content-type": media_type}).status_code == 200


def test_a_body_over_the_limit_is_refused_when_announced_and_when_not(stateless: TestClient) -> None:
    limit = stateless.app.state.settings.body_limit  # type: ignore[attr-defined]
    body = b'{"text": "' + b"x" * limit + b'"}'
    problem(stateless.post("/v1/annotate", content=body, headers=JSON), 413, "body-too-large")

    def parts() -> Iterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    problem(stateless.post("/v1/annotate", content=parts(), headers=JSON), 413, "body-too-large")


@given(VALUES)
def test_depth_counts_levels(value: Any) -> None:
    assert bodies.depth([value]) == bodies.depth(value) + 1
    assert bodies.depth({"a": value, "b": 1}) == bodies.depth(value) + 1


@given(st.text(), st.sampled_from(["\0", "\ud800", "\udfff"]), st.text())
def test_the_position_of_what_cannot_be_stored_is_named(before: str, bad: str, after: str) -> None:
    with pytest.raises(ForbiddenCharacter) as caught:
        bodies.refuse_unstorable({"text": before + bad + after}, names=("text",))
    assert caught.value.position <= len(before)
