from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import logs
from app.domain.values import Annotation
from app.settings import LogFormat, LogLevel
from app.storage.database import Store
from tests.api.clients import TEXT, client
from tests.twins import DictionaryAnnotator


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    """What was logged so far, as a list of objects."""
    logs.configure(LogLevel.INFO, LogFormat.JSON)

    def logged() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]

    return logged


def test_a_request_id_is_taken_over_or_made(stateless: TestClient) -> None:
    assert stateless.get("/healthz", headers={"X-Request-ID": "abc-7.x_~"}).headers["x-request-id"] == "abc-7.x_~"
    made = [stateless.get("/healthz", headers=given).headers["x-request-id"] for given in ({}, {"X-Request-ID": "a b"}, {})]
    assert len(set(made)) == 3


def test_the_id_of_a_request_leads_from_the_problem_to_the_log(stateless: TestClient, lines: Any) -> None:
    response = stateless.get("/v1/articles?limit=0", headers={"X-Request-ID": "seven"})
    assert response.json()["instance"] == "urn:request:seven"
    (line,) = [line for line in lines() if line.get("request_id") == "seven"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/articles", 422)


def test_head_is_answered_like_get_without_a_body(stateless: TestClient) -> None:
    got, head = stateless.get("/v1/articles"), stateless.head("/v1/articles")
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


class Faulty(DictionaryAnnotator):
    """Fails as libraries do: with the text in the message."""

    async def annotate(self, text: Any, **_: Any) -> Annotation:
        raise ValueError(f"cannot read {text.body!r}") from KeyError(text.body)


def test_the_log_of_a_fault_says_where_and_never_what_was_read(store: Store, lines: Any) -> None:
    with client(store, annotator=Faulty()) as http:
        assert http.post("/v1/articles", json={"text": TEXT, "publisher": "Secret Herald"}).status_code == 500
    logged = lines()
    (fault,) = [line for line in logged if line["event"] == "fault"]
    assert fault["error"] == "builtins.ValueError from builtins.KeyError"
    assert fault["frames"][-1].endswith(" annotate")
    assert not any(word in json.dumps(logged) for word in ("Belarus", "Secret"))


def test_no_line_of_the_log_holds_what_was_sent(store: Store, lines: Any) -> None:
    with client(store) as http:
        http.post("/v1/articles", json={"text": TEXT, "publisher": "Secret Herald", "url": "https://secret.example/"})
        http.get("/v1/articles", params={"publisher": "Secret Herald"})
        http.post("/v1/articles", json={"text": TEXT, "published_at": "Secret"})
        http.get("/v1/Secret")
    own = [line for line in lines() if not line["event"].startswith("HTTP Request")]
    assert len(own) == 4
    assert not any(word in json.dumps(own) for word in ("Belarus", "Secret", "secret"))


def test_the_console_format_is_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(LogLevel.INFO, LogFormat.CONSOLE)
    logs.logger("test").info("seen", answer=42)
    assert "seen" in (line := capsys.readouterr().err) and not line.startswith("{")
    logs.configure(LogLevel.INFO, LogFormat.JSON)
    assert sys.stderr is not sys.__stdout__
