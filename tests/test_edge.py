"""Other origins, other names and proxies, through real sockets."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from app.commands.serve import Server, bound, server_config
from app.settings import Settings
from tests.test_process import TWIN, Service, serving

OURS, OTHER = "https://app.example.org", "https://evil.example"
ASKING = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type, idempotency-key"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    names = "127.0.0.1,[::1],api.example.org,*.internal"
    folder = tmp_path_factory.mktemp("guarded")
    with serving(TWIN, folder, STANDPOINT_ALLOWED_ORIGINS=f"{OURS}, http://localhost:3000", STANDPOINT_TRUSTED_HOSTS=names) as it:
        yield it


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(TWIN, tmp_path_factory.mktemp("plain")) as service:
        yield service


def allowed(response: httpx.Response) -> str | None:
    return response.headers.get("access-control-allow-origin")


@pytest.mark.parametrize("origin", [OURS, "http://localhost:3000"])
def test_a_page_of_a_named_origin_may_send_and_read(guarded: Service, origin: str) -> None:
    asked = httpx.options(f"{guarded.address}/v1/annotate", headers={"Origin": origin, **ASKING})
    assert (asked.status_code, allowed(asked)) == (200, origin)
    sent = httpx.post(f"{guarded.address}/v1/annotate", json={"text": "France"}, headers={"Origin": origin})
    assert (sent.status_code, allowed(sent)) == (200, origin)
    assert "x-request-id" in sent.headers["access-control-expose-headers"].lower()
    assert sent.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in sent.headers


def test_a_page_of_a_named_origin_can_read_what_went_wrong(guarded: Service) -> None:
    refused = httpx.get(f"{guarded.address}/v1/articles?limit=0", headers={"Origin": OURS})
    assert (refused.status_code, allowed(refused)) == (422, OURS)


@pytest.mark.parametrize("origin", [OTHER, "null", "http://app.example.org", f"{OURS}.evil.example", f"{OURS}:444"])
def test_a_page_of_another_origin_may_not(guarded: Service, origin: str) -> None:
    asked = httpx.options(f"{guarded.address}/v1/annotate", headers={"Origin": origin, **ASKING})
    assert (asked.status_code, allowed(asked)) == (405, None)
    assert asked.headers["content-type"] == "application/problem+json"
    assert allowed(httpx.get(f"{guarded.address}/healthz", headers={"Origin": origin})) is None


def test_no_origin_is_allowed_by_default(plain: Service) -> None:
    for origin in (OURS, "http://localhost:3000", plain.address):
        asked = httpx.options(f"{plain.address}/v1/annotate", headers={"Origin": origin, **ASKING})
        assert (asked.status_code, allowed(asked)) == (405, None)


@pytest.mark.parametrize(
    "host", ["api.example.org", "API.example.org:8443", "a.internal", "a.b.internal", "[::1]:80", "127.0.0.1"]
)
def test_a_name_of_the_service_is_answered(guarded: Service, host: str) -> None:
    assert httpx.get(f"{guarded.address}/v1/articles", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "api.example.org.evil.example", "internal", "xinternal", "127.0.0.1.evil.example:80", "[::2]", "a:b"]
)
def test_another_name_is_refused_without_repeating_it(guarded: Service, host: str) -> None:
    response = httpx.get(f"{guarded.address}/v1/articles", headers={"Host": host})
    assert response.status_code == 421
    assert response.json()["type"] == "urn:problem-type:standpoint:misdirected-request"
    assert response.json()["instance"] == f"urn:request:{response.headers['x-request-id']}"
    assert host not in response.text


def test_no_name_is_refused_and_two_names_too(guarded: Service) -> None:
    for hosts in (b"Host:\r\n", b"Host: api.example.org\r\nHost: evil.example\r\n"):
        answer = guarded.raw(b"GET /v1/articles HTTP/1.1\r\n" + hosts + b"\r\n")
        assert answer.startswith((b"HTTP/1.1 421 ", b"HTTP/1.1 400 ")), answer


def test_whatever_watches_the_process_may_call_it_by_its_address(guarded: Service) -> None:
    assert httpx.get(f"{guarded.address}/healthz", headers={"Host": "10.1.2.3:8000"}).status_code == 200


def test_any_name_is_answered_by_default(plain: Service) -> None:
    assert httpx.get(f"{plain.address}/v1/articles", headers={"Host": "anything.example"}).status_code == 200


async def tell_who_asks(scope: Any, receive: Any, send: Any) -> None:
    body = json.dumps({"client": scope["client"][0], "scheme": scope["scheme"]}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def telling(**settings: Any) -> Iterator[str]:
    """The server as `standpoint serve` configures it, in front of an application that says whom it sees."""
    with bound("127.0.0.1", 0) as listener:
        server = Server(server_config(tell_who_asks, Settings(**settings)), listener, threading.Event())
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
BEHIND_PROXY = {"client": "203.0.113.9", "scheme": "https"}
DIRECT = {"client": "127.0.0.1", "scheme": "http"}


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [("127.0.0.1", BEHIND_PROXY), ("10.9.8.7, 127.0.0.0/8", BEHIND_PROXY), ("10.0.0.0/8", DIRECT), ("", DIRECT)],
)
def test_forwarded_headers_are_believed_from_named_proxies_only(
    monkeypatch: pytest.MonkeyPatch, proxies: str, seen: dict[str, str]
) -> None:
    # uvicorn's own variable must not open another way.
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    with telling(trusted_proxies=proxies) as address:
        assert httpx.get(address, headers=FORWARDED).json() == seen


def test_what_a_client_wrote_before_the_proxy_is_not_believed() -> None:
    chain = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    with telling(trusted_proxies="127.0.0.1") as address:
        assert httpx.get(address, headers=chain).json()["client"] == "203.0.113.9"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STANDPOINT_ALLOWED_ORIGINS", "*"),
        ("STANDPOINT_ALLOWED_ORIGINS", "https://app.example.org/"),
        ("STANDPOINT_ALLOWED_ORIGINS", "https://App.example.org"),
        ("STANDPOINT_TRUSTED_HOSTS", "*"),
        ("STANDPOINT_TRUSTED_HOSTS", "api.example.org:8000"),
        ("STANDPOINT_TRUSTED_PROXIES", "*"),
        ("STANDPOINT_TRUSTED_PROXIES", "proxy.example.org"),
        ("STANDPOINT_TRUSTED_PROXIES", "10.0.0.1/8"),
    ],
)
def test_a_list_that_would_open_more_than_it_names_is_refused(variable: str, value: str) -> None:
    with pytest.raises(ValueError, match="separated by commas"):
        Settings(**{variable.removeprefix("STANDPOINT_").lower(): value})
