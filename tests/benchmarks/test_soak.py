"""`make soak` works to its end, and what it promises to notice it notices."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.soak import __main__ as soaking
from benchmarks.soak.watching import Outcome, Reading
from tests.test_process import TWIN, serving

CALM = Reading(0.0, 100.0, 10, 5)
README = f"Before\n{soaking.BEGIN}\n{soaking.HEADER}\n| PostgreSQL | old |\n| SQLite | older |\n{soaking.END}\nAfter\n"


def outcome(**changes: Any) -> Outcome:
    steady = Outcome(
        seconds=100.0,
        capacity=20.0,
        requests=1600,
        errors=0,
        statuses={"200": 1600},
        median=0.01,
        p95=0.1,
        readings=[replace(CALM, at=float(second)) for second in range(101)],
        idle=(CALM, CALM),
        unreturned=0,
        imports=0,
        settled=True,
    )
    return replace(steady, **changes)


def growing(*, by: float, after: float) -> list[Reading]:
    """Memory that grows evenly by that share from that second on."""
    steps = [max(0.0, second - after) / (100 - after) for second in range(101)]
    return [replace(CALM, at=float(second), megabytes=100.0 * (1 + by * step)) for second, step in enumerate(steps)]


def test_a_steady_service_has_no_fault() -> None:
    assert outcome().faults() == []
    assert outcome(readings=growing(by=0.04, after=30)).faults() == []


def test_memory_of_the_warm_up_does_not_count() -> None:
    warming = [replace(CALM, at=float(second), megabytes=50.0 if second < 30 else 100.0) for second in range(101)]
    assert outcome(readings=warming).faults() == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"errors": 1, "statuses": {"200": 9, "503": 1}}, "1 errors: {'200': 9, '503': 1}"),
        ({"readings": growing(by=0.07, after=30)}, "memory grew by 6."),
        ({"idle": (CALM, replace(CALM, files=40))}, "open files: 10, then 40"),
        ({"idle": (CALM, replace(CALM, sockets=40))}, "open sockets: 5, then 40"),
        ({"unreturned": 2}, "2 connections to the database were not given back"),
        ({"settled": False}, "imports did not come to their end"),
        ({"exit": 1}, "the process ended with 1"),
    ],
)
def test_what_is_lost_is_a_fault(changes: dict[str, Any], fault: str) -> None:
    (found,) = outcome(**changes).faults()
    assert found.startswith(fault)
    assert fault in soaking.row(outcome(**changes), database="SQLite")


def test_a_row_takes_the_place_of_the_older_one_of_its_database() -> None:
    new = soaking.row(outcome(), database="SQLite")
    text = soaking.written(README, new)
    assert text == README.replace("| SQLite | older |", new)
    assert soaking.written(text, new) == text


def test_the_readme_has_a_place_for_the_figures() -> None:
    text = soaking.README.read_text(encoding="utf-8")
    assert text.count(soaking.BEGIN) == text.count(soaking.END) == 1


def test_some_seconds_of_it_against_a_real_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soaking, "SHARE", 0.3)
    # The clients here close what they opened.
    monkeypatch.setattr(soaking, "QUIET_SECONDS", 1.0)
    with serving(TWIN, tmp_path) as service:
        found = asyncio.run(soaking.soak(service.address, service.process.pid, 5))
    assert found.requests > 20 and found.capacity > 0
    assert set(found.statuses) <= {"200", "201", "202", "204"}
    # In five seconds nothing is warm, so that memory may grow.
    assert [fault for fault in found.faults() if not fault.startswith("memory")] == []
