"""Connections to a server that says nothing, which is worse than an error."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psycopg
import pytest
from sqlalchemy import text

from app.domain.errors import StorageUnavailable
from app.storage.database import Store
from app.storage.silence import AGAIN_SECONDS, GRACE_SECONDS, PING_SECONDS, Door
from tests.freezing import frozen

PATIENT_SECONDS = 60.0
"""Far more than it takes beside other work, and far less than for ever."""


@pytest.fixture
def notes(postgres: str) -> Iterator[Store]:
    """A table to write to, in a store whose statements have a second."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS note")
        connection.execute("CREATE TABLE note (number INTEGER PRIMARY KEY)")
    store = Store(postgres, statement_seconds=1, connections=4)
    yield store
    store.close()


def count(store: Store) -> int:
    with store.reading() as session:
        return int(session.scalar(text("SELECT count(*) FROM note")) or 0)


def until_it_answers(store: Store) -> float:
    """Seconds."""
    started = time.monotonic()
    while True:
        try:
            count(store)
        except StorageUnavailable:
            assert time.monotonic() - started < PATIENT_SECONDS
            time.sleep(0.1)
        else:
            return time.monotonic() - started


def write_into_silence(store: Store, server: str) -> None:
    with store.transaction() as session:
        session.execute(text("INSERT INTO note VALUES (1)"))
        with frozen(server):
            session.execute(text("INSERT INTO note VALUES (2)"))


def test_a_statement_that_is_never_answered_ends_and_leaves_nothing_behind(notes: Store, postgres: str) -> None:
    started = time.monotonic()
    with pytest.raises(StorageUnavailable):
        write_into_silence(notes, postgres)
    assert 1 + GRACE_SECONDS <= time.monotonic() - started < PATIENT_SECONDS
    assert notes.connections_in_use() == 0
    until_it_answers(notes)
    assert count(notes) == 0


def test_a_long_statement_of_a_server_that_lives_ends_by_its_own_word(notes: Store) -> None:
    with notes.reading() as session:
        connection = session.scalar(text("SELECT pg_backend_pid()"))
    with pytest.raises(StorageUnavailable) as raised, notes.reading() as session:
        session.execute(text("SELECT pg_sleep(60)"))
    assert isinstance(raised.value.__cause__.orig, psycopg.errors.QueryCanceled)  # type: ignore[union-attr]
    with notes.reading() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) == connection


def test_where_statements_have_no_bound_nothing_is_cut_off(postgres: str) -> None:
    store = Store(postgres, statement_seconds=0)
    with store.reading() as session:
        # Nothing for three seconds: more than a ping may take, but there is no bound here.
        assert session.scalar(text(f"SELECT 7 FROM pg_sleep({PING_SECONDS + 1})")) == 7
    store.close()


def test_one_dead_connection_is_replaced_without_an_error(notes: Store) -> None:
    with notes.reading() as session:
        process = int(session.scalar(text("SELECT pg_backend_pid()")) or 0)
    os.kill(process, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert count(notes) == 0
        assert PING_SECONDS <= time.monotonic() - started < PATIENT_SECONDS
    finally:
        os.kill(process, signal.SIGCONT)


def test_all_threads_come_back_from_a_frozen_server_and_go_on_when_it_does(notes: Store, postgres: str) -> None:
    count(notes)
    with ThreadPoolExecutor(40) as pool:
        started = time.monotonic()
        with frozen(postgres):
            asked = [pool.submit(count, notes) for _ in range(400)]
            refused = [isinstance(one.exception(PATIENT_SECONDS), StorageUnavailable) for one in asked]
            took = time.monotonic() - started
        assert all(refused)
        # Ten times as many as threads: had each waited for the server itself, it would be ten times as long.
        assert took < PATIENT_SECONDS / 2
        assert notes.connections_in_use() == 0
        until_it_answers(notes)
        assert [one.result() for one in [pool.submit(count, notes) for _ in range(40)]] == [0] * 40


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Deaf:
    """Takes connections and says nothing. A Door that has been refused there once."""

    port: int
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.door = Door(patience=1, connect_seconds=5, clock=self.clock)
        with pytest.raises(psycopg.errors.ConnectionTimeout):
            self.knock()

    def knock(self, port: int | None = None) -> None:
        # Two seconds are the least that libpq knows.
        self.door.connect(None, None, [], {"host": "127.0.0.1", "port": port or self.port, "connect_timeout": 2, "user": "x"})


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Deaf(listener.getsockname()[1])


def test_who_comes_just_after_somebody_was_not_let_in_is_refused_at_once(deaf: Deaf) -> None:
    started = time.monotonic()
    for _ in range(100):
        with pytest.raises(psycopg.OperationalError, match="lets nobody in"):
            deaf.knock()
    assert time.monotonic() - started < 1.5


def test_one_at_a_time_tries_again(deaf: Deaf) -> None:
    deaf.clock.seconds += AGAIN_SECONDS
    outcomes: list[type[BaseException]] = []

    def knock() -> None:
        with pytest.raises(psycopg.OperationalError) as raised:
            deaf.knock()
        outcomes.append(raised.type)

    threads = [threading.Thread(target=knock) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(psycopg.errors.ConnectionTimeout) == 1
    assert outcomes.count(psycopg.OperationalError) == 9


def test_a_server_that_refuses_is_not_silent_any_more(deaf: Deaf) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = listener.getsockname()[1]
    deaf.clock.seconds += AGAIN_SECONDS
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError, match="refused"):
            deaf.knock(nobody)
