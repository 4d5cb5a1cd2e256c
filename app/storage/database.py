"""The store: one engine, short transactions, each in one thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from app.storage.engine import LOOKS, SQLITE_CONNECTIONS, WRITES, open_engine
from app.storage.failures import UniqueViolation, translated

__all__ = ["Connection", "Row", "Session", "Store", "UniqueViolation", "driver_connection"]


class Store:
    """Sessions never cross threads, and none is open while inference runs."""

    def __init__(self, url: str, *, statement_seconds: float = 30.0, connections: int = 20) -> None:
        self.engine = open_engine(url, statement_seconds=statement_seconds, connections=connections)
        self._most = connections if self.engine.dialect.name != "sqlite" else SQLITE_CONNECTIONS
        on_sqlite = self.engine.dialect.name == "sqlite"
        # SQLite has one writer. Its own waiting is a loop of sleeps that can starve one of many; a lock lets all of them through.
        self._turn: AbstractContextManager[object] = threading.Lock() if on_sqlite else nullcontext()
        self._writing = self.engine.execution_options(**{WRITES: True})
        # A read is one statement, so that PostgreSQL needs no BEGIN and ROLLBACK around it: one round trip instead of three.
        self._reading = self.engine if on_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._looking = self._reading.execution_options(**{LOOKS: True})

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commits at the end; what it returns afterwards is on disk."""
        with self._turn, translated(), _session(self._writing) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with translated(), _session(self._reading) as session:
            yield session

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """For one statement of columns as the driver has them: a session would look at each of its rows, and at itself."""
        with translated(), self._looking.connect() as connection:
            yield connection

    def ping(self) -> None:
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    @property
    def file(self) -> Path | None:
        """Of SQLite; None on a server."""
        return Path(self.engine.url.database or "").absolute() if self.engine.dialect.name == "sqlite" else None

    @property
    def server(self) -> str:
        """The address of PostgreSQL as its driver takes it, password included."""
        return self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def connections_in_use(self) -> int:
        return self._pool().checkedout()

    def most_connections(self) -> int:
        return self._most

    def _pool(self) -> QueuePool:
        pool = self.engine.pool
        assert isinstance(pool, QueuePool)
        return pool

    def close(self) -> None:
        self.engine.dispose()


def driver_connection(session: Session) -> object:
    """The driver's own connection, on which others can take part in this transaction."""
    return session.connection().connection.driver_connection


def _session(engine: Engine) -> Session:
    # Rows become values at once and nobody looks at them after an UPDATE, so nothing needs to be kept in step with it.
    return Session(engine, expire_on_commit=False, execution_options={"synchronize_session": False})
