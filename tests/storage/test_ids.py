from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

import pytest

from app.storage import ids


def test_an_id_is_a_uuid_of_version_seven() -> None:
    identifier = ids.new()
    assert (identifier.version, identifier.variant) == (7, RFC_4122)


def test_ids_only_grow() -> None:
    made = [ids.new() for _ in range(5_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_made_together_grow_and_are_of_one_moment() -> None:
    before, made, after = ids.new(), ids.some(3_000), ids.new()
    assert [before, *made, after] == sorted({before, *made, after})
    assert set(ids.moments(made)) == {ids.moment(made[0])}
    assert ids.moments([before, after]) == [ids.moment(before), ids.moment(after)]
    assert ids.some(0) == ids.moments([]) == []


def test_ids_of_many_threads_are_all_different() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: ids.new(), range(4_000)))
    assert len(set(made)) == len(made)


def test_ids_grow_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    sequence = ids.Sequence()
    before = sequence.next()
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now - 3_600 * 10**9)
    assert sequence.next() > before


def test_ids_grow_when_the_counter_of_a_millisecond_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000 * 10**9)
    sequence = ids.Sequence()
    before = sequence.next()
    sequence._counter = 2**42 - 1
    after = sequence.next()
    assert after > before
    assert ids.moment(after) - ids.moment(before) == timedelta(milliseconds=1)


def test_an_id_tells_when_it_was_made() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert before <= ids.moment(ids.new()) <= datetime.now(UTC) + timedelta(milliseconds=2)


def test_only_the_canonical_form_of_an_id_is_read() -> None:
    identifier = ids.new()
    assert ids.parse(str(identifier)) == identifier
    for other in ("", "x", identifier.hex, f"{{{identifier}}}", identifier.urn, f"{identifier}0", "\0" * 36):
        assert ids.parse(other) is None
