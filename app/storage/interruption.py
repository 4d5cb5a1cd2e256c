"""Ending from outside what a session has the database do: who asked is gone, and the database should be free for others."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from app.domain.errors import StorageUnavailable

AGAIN_SECONDS = 0.1
"""An interruption between two statements, or before the first, interrupts nothing; so it is said again until all is over."""

CANCEL_SECONDS = 5.0
"""For a PostgreSQL server to hear of it, over a connection of its own."""


class Interruption:
    """Of one session, which works in one thread while `end` is called in another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._over.set()
        self._connection: Any = None
        self._ended = False

    @contextmanager
    def of(self, session: Session) -> Iterator[None]:
        """Raises StorageUnavailable once `end` was called."""
        connection = session.connection().connection.driver_connection
        with self._lock:
            if self._ended:
                raise StorageUnavailable("nobody waits for the answer any more")
            self._connection = connection
            self._over.clear()
        try:
            yield
        finally:
            self._close(session)

    def end(self) -> None:
        """Returns once nothing runs any more."""
        with self._lock:
            self._ended = True
        while not self._over.is_set():
            self._stop()
            self._over.wait(AGAIN_SECONDS)

    def _stop(self) -> None:
        with self._lock:
            if isinstance(self._connection, sqlite3.Connection):
                self._connection.interrupt()
            elif self._connection is not None:
                self._connection.cancel_safe(timeout=CANCEL_SECONDS)

    def _close(self, session: Session) -> None:
        with self._lock:
            self._connection = None
            # Whoever gets this connection next must not be hit by an interruption that comes a moment late.
            if self._ended:
                session.invalidate()
        self._over.set()
