"""Webhooks from registration to the call that a real server receives."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import anyio
import pytest
from fastapi.testclient import TestClient

from app.dispatch import addresses
from app.dispatch.addresses import Resolver
from app.dispatch.deliveries import Caller
from app.domain.errors import ForbiddenAddress
from app.services import deliver
from app.storage.database import Store
from tests.api.clients import article, client, pointers, problem
from tests.services.bulk import run_all
from tests.twins import DictionaryAnnotator

SECRET = "correct-horse-battery"


@dataclass
class Receiver:
    """Answers what it was told to, and keeps what came."""

    answers: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@contextmanager
def receiving(*answers: int) -> Iterator[Receiver]:
    receiver = Receiver(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
            self.send_header("Location", receiver.url)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook?x=1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def http(store: Store) -> Iterator[TestClient]:
    with client(store, webhook_private=True) as opened:
        yield opened


def registered(http: TestClient, url: str, *events: str) -> str:
    response = http.post("/v1/webhooks", json={"url": url, "events": list(events) or ["job.finished"], "secret": SECRET})
    assert response.status_code == 201, response.text
    assert SECRET not in response.text
    return str(response.json()["id"])


def finish_a_job(http: TestClient, store: Store) -> str:
    job = http.post("/v1/imports", json={"articles": [article()]}).json()
    anyio.run(run_all, store, DictionaryAnnotator())
    return str(job["id"])


def tell(store: Store) -> None:
    anyio.run(Caller(store, Resolver(private=True)).tell)


def test_the_end_of_a_job_is_told_once_and_signed(http: TestClient, store: Store) -> None:
    with receiving() as receiver:
        hook = registered(http, receiver.url)
        registered(http, receiver.url, "job.cancelled")
        job_id = finish_a_job(http, store)
        tell(store)
        tell(store)
    ((headers, body),) = receiver.received
    told = json.loads(body)
    assert (told["event"], told["job"]["id"], told["job"]["state"], told["job"]["done"]) == (
        "job.finished",
        job_id,
        "finished",
        1,
    )
    timestamp, seal = (part.split("=")[1] for part in headers["standpoint-signature"].split(","))
    assert seal == hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    (delivery,) = http.get(f"/v1/webhooks/{hook}/deliveries").json()["items"]
    assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("delivered", 1, 204)
    assert headers["standpoint-delivery"] == delivery["id"]
    assert headers["host"] == receiver.url.split("/")[2]


def test_what_is_not_accepted_is_tried_again_later_and_a_redirect_is_not_followed(
    http: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving(503, 302) as receiver:
        hook = registered(http, receiver.url)
        finish_a_job(http, store)
        tell(store)
        tell(store)
        assert len(receiver.received) == 1
        (delivery,) = http.get(f"/v1/webhooks/{hook}/deliveries").json()["items"]
        assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("waiting", 1, 503)
        monkeypatch.setattr(deliver, "MOST_ATTEMPTS", 1)
        http.post(f"/v1/webhooks/{hook}/deliveries/{delivery['id']}/replay")
        tell(store)
        (delivery,) = http.get(f"/v1/webhooks/{hook}/deliveries").json()["items"]
        assert (len(receiver.received), delivery["state"], delivery["status"]) == (2, "failed", 302)
        replayed = http.post(f"/v1/webhooks/{hook}/deliveries/{delivery['id']}/replay").json()
        assert (replayed["state"], replayed["attempts"], replayed["status"]) == ("waiting", 0, None)
        tell(store)
        (delivery,) = http.get(f"/v1/webhooks/{hook}/deliveries").json()["items"]
        assert (delivery["state"], delivery["attempts"]) == ("delivered", 1)
    assert len({body for _, body in receiver.received}) == 1


def test_a_receiver_that_is_not_there_is_noted(http: TestClient, store: Store) -> None:
    with receiving() as receiver:
        hook = registered(http, receiver.url)
    finish_a_job(http, store)
    tell(store)
    (delivery,) = http.get(f"/v1/webhooks/{hook}/deliveries").json()["items"]
    assert (delivery["state"], delivery["status"], delivery["error"]) == ("waiting", None, "ConnectionRefusedError")


def test_a_delivery_whose_process_died_is_due_again(http: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        registered(http, receiver.url)
        finish_a_job(http, store)
        monkeypatch.setattr(deliver, "LEASE", timedelta())
        assert len(anyio.run(deliver.take, store)) == 1
        monkeypatch.undo()
        tell(store)
    assert len(receiver.received) == 1


def test_a_cancelled_job_is_told_too(http: TestClient, store: Store) -> None:
    with receiving() as receiver:
        registered(http, receiver.url, "job.cancelled")
        job = http.post("/v1/imports", json={"articles": [article()]}).json()
        http.post(f"/v1/jobs/{job['id']}/cancel")
        tell(store)
    assert [json.loads(body)["job"]["state"] for _, body in receiver.received] == ["cancelled"]


def test_a_removed_webhook_hears_nothing_more(http: TestClient, store: Store) -> None:
    with receiving() as receiver:
        hook = registered(http, receiver.url)
        finish_a_job(http, store)
        assert http.delete(f"/v1/webhooks/{hook}").status_code == 204
        problem(http.delete(f"/v1/webhooks/{hook}"), 404, "webhook-not-found")
        tell(store)
    assert receiver.received == []
    assert http.get("/v1/webhooks").json()["items"] == []


def test_a_delivery_that_is_not_there_is_a_problem(http: TestClient) -> None:
    absent = "01932c07-209a-7c3d-9f0e-5a4b1c2d3e4f"
    problem(http.get(f"/v1/webhooks/{absent}/deliveries"), 404, "webhook-not-found")
    hook = registered(http, "http://127.0.0.1:9/")
    problem(http.post(f"/v1/webhooks/{hook}/deliveries/{absent}/replay"), 404, "delivery-not-found")


def test_this_network_is_out_of_reach_unless_allowed(store: Store) -> None:
    with client(store) as http:
        for url in (
            "http://127.0.0.1/",
            "http://localhost:8000/",
            "http://[::1]/",
            "http://10.0.0.7/x",
            "http://169.254.169.254/",
            "https://:t]",
            "http://[x/",
        ):
            response = http.post("/v1/webhooks", json={"url": url, "events": ["job.finished"], "secret": SECRET})
            assert pointers(problem(response, 422, "forbidden-address")) == ["#/url"]


@pytest.mark.parametrize(
    "body", [{"events": []}, {"events": ["job.begun"]}, {"secret": "short"}, {"url": "ftp://x/"}, {"url": None}]
)
def test_a_webhook_that_makes_no_sense_is_refused(stateless: TestClient, body: dict[str, Any]) -> None:
    whole = {"url": "https://desk.example/", "events": ["job.finished"], "secret": SECRET, **body}
    problem(stateless.post("/v1/webhooks", json=whole), 422, "invalid-request")


PRIVATE = (
    "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 ::1 :: fe80::1%eth0 fc00::1 "
    "::ffff:127.0.0.1 2002:7f00:1:: 64:ff9b::7f00:1 ff02::1"
)


@pytest.mark.parametrize("address", PRIVATE.split())
def test_addresses_of_this_network_are_known_in_every_disguise(address: str) -> None:
    assert not addresses.public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_addresses_of_the_world_are_public(address: str) -> None:
    assert addresses.public(address)


def test_a_name_is_resolved_once_and_any_private_address_forbids_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def resolved(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    answers = ["93.184.216.34"]
    found = Resolver(private=False).resolve("https://desk.example/hook?x=1")
    assert (found.address, found.port, found.path, found.authority) == ("93.184.216.34", 443, "/hook?x=1", "desk.example")
    assert asked == ["desk.example"]
    answers = ["93.184.216.34", "10.0.0.1"]
    with pytest.raises(ForbiddenAddress):
        Resolver(private=False).resolve("https://desk.example/")
