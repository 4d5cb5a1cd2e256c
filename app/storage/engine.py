"""Engines for the two databases, with everything that has to be said to a new connection."""

from __future__ import annotations

import json
import sqlite3
import time
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from app.storage.silence import listen_for_silence

WRITES = "standpoint_writes"
"""Execution option of an engine whose transactions will write."""

LOOKS = "standpoint_looks"
"""Execution option of an engine whose connections are asked for one SELECT each, which is a transaction by itself."""

BUSY_MILLISECONDS = 15_000
"""How long a process waits for another (a migration, an import) on the same SQLite file; within one, writers queue on a lock."""

SQLITE_CONNECTIONS = 40
"""As many as anyio has worker threads: an open file costs little, and nobody waits for a pool."""

CONNECT_SECONDS = 5
"""A database that does not answer within 5 s is down; a caller should hear of it before its own patience ends."""

# Compiling a query takes a fifth of a second, more than it ever saved: 0.65 s against 0.43 s for a summary that collapses
# near-duplicates, over 240,000 stances in PostgreSQL 15. And of 150 articles with a rare word the planner expects the newest
# among the newest of all: it would merge these with 65,000 others (96 ms) instead of looking them up (1 ms). To start another
# process takes milliseconds, as long as most lists take in all. At a million articles, where the planner begins to think of
# it, a page of a word in 5% of them took 49 ms with one and 3 ms without, of a word in 0.5% 631 and 11. What reads millions
# of rows still has one. First, so that the URL can have it otherwise.
PLANNER = "-c jit=off -c enable_mergejoin=off -c parallel_setup_cost=20000"

# Made once: with options of its own, json.dumps makes an encoder for every single value.
_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def read_url(text: str) -> URL:
    """Raises ValueError, without the text: it can hold a password."""
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("the database URL cannot be read") from None
    backend = url.get_backend_name()
    if backend in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise ValueError("the database URL must start with sqlite:/// or postgresql://")
    if not url.database or ":memory:" in url.database:
        raise ValueError("SQLite needs a file: sqlite:///standpoint.db")
    return url.set(drivername="sqlite")


def open_engine(text: str, *, statement_seconds: float = 30.0, connections: int = 20, foreign_keys: bool = True) -> Engine:
    """`statement_seconds` 0 sets no limit, as migrations need; SQLite knows none."""
    url = read_url(text)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, foreign_keys=foreign_keys)
    return _postgresql(url, statement_seconds=statement_seconds, connections=connections)


def _postgresql(url: URL, *, statement_seconds: float, connections: int) -> Engine:
    given = url.query.get("options", "")
    options = f"{PLANNER} {given} -c timezone=UTC -c statement_timeout={round(statement_seconds * 1000)}"
    engine = create_engine(
        url,
        pool_size=connections // 2,
        max_overflow=connections - connections // 2,
        pool_timeout=10,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "standpoint", "options": options.strip()},
        json_serializer=_json,
    )
    # A server that was restarted costs one reconnection instead of an error for each pooled connection.
    listen_for_silence(engine, statement_seconds=statement_seconds, connect_seconds=CONNECT_SECONDS)
    return engine


def _sqlite(url: URL, *, foreign_keys: bool) -> Engine:
    engine = create_engine(url, pool_size=10, max_overflow=SQLITE_CONNECTIONS - 10, json_serializer=_json)
    event.listen(engine, "connect", partial(_prepare, foreign_keys=foreign_keys))
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any, *, foreign_keys: bool) -> None:
    # The driver would begin transactions late and never before a SELECT; `_begin` does it instead, as SQLAlchemy recommends.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    _write_ahead(connection)
    # NORMAL may lose the last commits when the power fails, but a 201 says that they are on disk. The price: one fsync a commit.
    connection.execute("PRAGMA synchronous = FULL")
    # What was deleted is overwritten with zeros instead of lying in free pages; only deletions cost more.
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Of several who change a new file's journal at once SQLite refuses all but one, without the wait that it was asked for."""
    end = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(0.01)


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(LOOKS, False):
        return
    # A transaction that begins by reading and then writes fails at once if another wrote in between; IMMEDIATE waits its turn.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
