"""Processes are killed while a claim is read, and nothing is lost or done twice."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from app.storage.database import Store
from tests.processes import Process, finished, imported, started
from tests.test_crashes import CRASHES

CLAIM = "Kenya closed its border"
RELATED, OTHERS = 120, 40


def given() -> list[dict[str, Any]]:
    related = [{"text": f"Kenya closed its border, report {number}.", "external_id": f"r{number}"} for number in range(RELATED)]
    others = [{"text": f"France praised cheese, page {number}.", "external_id": f"o{number}"} for number in range(OTHERS)]
    return [*related, *others]


def asked(service: Process, path: str) -> dict[str, Any]:
    return httpx.get(f"{service.address}{path}", timeout=60).raise_for_status().json()  # type: ignore[no-any-return]


def made(service: Process) -> dict[str, Any]:
    return httpx.post(f"{service.address}/v1/claims", json={"text": CLAIM}, timeout=60).raise_for_status().json()  # type: ignore[no-any-return]


def agreeing(service: Process, claim_id: str, expected: int, seconds: float = 600) -> int:
    """How many agree, once they are as many as expected."""
    end = time.monotonic() + seconds
    while (found := asked(service, f"/v1/claims/{claim_id}")["counts"]["agree"]) < expected and time.monotonic() < end:
        time.sleep(0.2)
    return int(found)


def test_a_claim_whose_reading_is_killed_again_and_again_reads_each_article_once(tmp_path: Path) -> None:
    url, chance = f"sqlite:///{tmp_path}/standpoint.db", random.Random(9)
    with started("serve", url) as service:
        service.wait_ready()
        finished(service.address, [imported(service.address, given())["id"]])
        claim = made(service)
        service.kill()
    for _ in range(CRASHES):
        with started("serve", url) as service:
            service.wait_ready()
            time.sleep(chance.uniform(0.1, 0.8))
            service.kill()
    with started("serve", url) as service:
        service.wait_ready()
        (job,) = finished(service.address, [claim["job"]["id"]])
        assert agreeing(service, claim["id"], RELATED) == RELATED
        ended = asked(service, f"/v1/claims/{claim['id']}")
        assert (job["state"], job["failed"]) == ("finished", 0)
        assert ended["articles"] | {"read": 0} == {
            **{"considered": RELATED + OTHERS, "held_off": OTHERS, "not_compared": 0, "read": 0}
        }
        assert service.end() == 0
    assert twice(url) == 0


def test_an_article_that_was_stored_right_before_a_kill_is_read_for_the_claims(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/standpoint.db"
    with started("serve", url) as service:
        service.wait_ready()
        claim = made(service)
        finished(service.address, [claim["job"]["id"]])
        for article in given()[:5]:
            assert httpx.post(f"{service.address}/v1/articles", json=article, timeout=60).status_code == 201
        service.kill()
    with started("serve", url) as service:
        service.wait_ready()
        assert agreeing(service, claim["id"], 5) == 5
        assert service.end() == 0
    assert twice(url) == 0


def twice(url: str) -> int:
    """Verdicts beyond the first of an article and a claim, and chunks that nobody ended."""
    store = Store(url)
    with store.reading() as session:
        doubled = "SELECT count(*) - count(DISTINCT claim_id || article_id) FROM claim_stance"
        left = "SELECT count(*) FROM job_chunk WHERE state IN ('waiting', 'running')"
        found = int(session.scalar(text(doubled)) or 0) + int(session.scalar(text(left)) or 0)
    store.close()
    return found
