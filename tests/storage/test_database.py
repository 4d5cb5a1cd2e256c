from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from app.domain.errors import StorageUnavailable
from app.storage.database import Store
from app.storage.engine import read_url
from app.storage.failures import UniqueViolation

NOTE = text("INSERT INTO note VALUES (:number)")
COUNT = text("SELECT count(*) FROM note")


@pytest.fixture
def notes(empty_url: str) -> Iterator[Store]:
    store = Store(empty_url)
    with store.transaction() as session:
        session.execute(text("CREATE TABLE note (number INTEGER PRIMARY KEY)"))
    yield store
    store.close()


def write_slowly(store: Store, number: int) -> None:
    with store.transaction() as session:
        count = session.scalar(COUNT)
        time.sleep(0.01)
        session.execute(NOTE, {"number": number})
        assert count is not None


def test_sqlite_is_durable_and_careful(migrated_sqlite: Path) -> None:
    store = Store(f"sqlite:///{migrated_sqlite}")
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15_000}
    with store.reading() as session:
        assert {name: session.scalar(text(f"PRAGMA {name}")) for name in expected} == expected
    store.close()


def test_twenty_writers_that_read_first_all_get_through(notes: Store) -> None:
    with ThreadPoolExecutor(20) as pool:
        for done in [pool.submit(write_slowly, notes, number) for number in range(20)]:
            done.result()
    with notes.reading() as session:
        assert session.scalar(COUNT) == 20


def test_two_stores_on_one_database_wait_for_each_other(notes: Store, empty_url: str) -> None:
    other = Store(empty_url)
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(write_slowly, (notes, other)[number % 2], number) for number in range(8)]:
            done.result()
    with other.reading() as session:
        assert session.scalar(COUNT) == 8
    other.close()


def test_a_reader_is_not_held_up_by_a_writer(notes: Store) -> None:
    written, read = threading.Event(), threading.Event()

    def write() -> None:
        with notes.transaction() as session:
            session.execute(NOTE, {"number": 1})
            written.set()
            assert read.wait(10)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(write)
        assert written.wait(10)
        with notes.reading() as session:
            assert session.scalar(COUNT) == 0
        read.set()
        done.result()


def test_a_failed_transaction_leaves_nothing(notes: Store) -> None:
    with pytest.raises(ZeroDivisionError), notes.transaction() as session:
        session.execute(NOTE, {"number": 1})
        raise ZeroDivisionError
    with notes.reading() as session:
        assert session.scalar(COUNT) == 0


def test_a_second_unique_row_is_a_unique_violation(notes: Store) -> None:
    with notes.transaction() as session:
        session.execute(NOTE, {"number": 1})
    with pytest.raises(UniqueViolation), notes.transaction() as session:
        session.execute(NOTE, {"number": 1})


def test_a_database_that_cannot_be_reached_is_unavailable(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/nowhere/standpoint.db", "postgresql://u:secret@127.0.0.1:9/x"):
        store = Store(url)
        with pytest.raises(StorageUnavailable) as raised:
            store.ping()
        assert "secret" not in str(raised.value)
        store.close()


def test_a_statement_that_takes_too_long_is_unavailable(postgres: str) -> None:
    store = Store(postgres, statement_seconds=0.05)
    with pytest.raises(StorageUnavailable), store.reading() as session:
        session.execute(text("SELECT pg_sleep(5)"))
    store.close()


def test_a_connection_that_the_server_closed_is_replaced(postgres: str) -> None:
    store = Store(postgres)
    with store.reading() as session:
        closed = session.scalar(text("SELECT pg_backend_pid()"))
    other = Store(postgres)
    with other.reading() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": closed})
    store.ping()
    store.close()
    other.close()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_psycopg(scheme: str) -> None:
    assert read_url(f"{scheme}://u:p@host/name").drivername == "postgresql+psycopg"


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://u:secret@host/x", "sqlite://", "sqlite:///:memory:"])
def test_an_url_that_cannot_be_used_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"database URL|SQLite needs a file") as raised:
        read_url(url)
    assert "secret" not in str(raised.value)


def test_queries_are_not_compiled_unless_the_address_asks_for_it(postgres: str) -> None:
    joint = "&" if "?" in postgres else "?"
    for url, expected in ((postgres, "off"), (f"{postgres}{joint}options=-c%20jit%3Don", "on")):
        store = Store(url)
        with store.reading() as session:
            assert session.scalar(text("SHOW jit")) == expected
        store.close()
