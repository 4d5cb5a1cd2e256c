"""A PostgreSQL server that says nothing: stopped, swapping, or gone behind a network that swallows everything.

The kernel of a stopped server still acknowledges what it is sent, so no setting of TCP notices; `statement_timeout` is the
server's own. What notices is that nothing comes.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

LISTENING_SECONDS = 0.1
"""Between two looks whether anything came; as often as psycopg itself looks for Ctrl-C."""

GRACE_SECONDS = 2.0
"""More than `statement_timeout`, so that of a server that lives its own word comes first, and the connection lives on."""

PING_SECONDS = 2.0
"""For a connection from the pool to show that it lives. Less than /readyz waits, which is to hear of a dead one itself."""

AGAIN_SECONDS = 1.0
"""After it did not let anybody in, until the next caller may try: what `Retry-After` says of it."""

HEARD = "standpoint_heard"
"""In the notes of a pooled connection, which are empty when it is made: it has been used before."""

Answer = TypeVar("Answer")


class Listening(psycopg.Connection[Any]):
    """Is closed, and raises OperationalError, once it has listened for `patience` seconds in a row and heard nothing.

    Only the time spent listening counts: a thread that gets no turn beside a busy encoder has not heard what came meanwhile.
    """

    patience = math.inf

    def wait(self, gen: PQGen[Answer], interval: float = LISTENING_SECONDS, *more: Any, **named: Any) -> Answer:
        return super().wait(self._heard(gen, interval), interval, *more, **named)

    @contextmanager
    def patient(self, seconds: float) -> Iterator[None]:
        usual, self.patience = self.patience, seconds
        try:
            yield
        finally:
            self.patience = usual

    def _heard(self, gen: PQGen[Answer], interval: float) -> PQGen[Answer]:
        silent = 0.0
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                silent = 0.0 if ready else silent + interval
                if silent >= self.patience:
                    self._give_up()
                wanted = gen.send(ready)
        except StopIteration as ended:
            answer: Answer = ended.value
            return answer

    def _give_up(self) -> None:
        # The server rolls back when it goes on and finds nobody there, unless all it had left to do was to commit.
        self.close()
        raise psycopg.OperationalError("the server said nothing for too long")


class Door:
    """Where connections are made. While the server lets nobody in, one caller at a time knocks; the others are refused at once,
    or all threads would stand there, and those who need no database would wait for a thread."""

    def __init__(self, *, patience: float, connect_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience, self._connect_seconds, self._clock = patience, connect_seconds, clock
        self._lock = threading.Lock()
        self._closed_until: float | None = None

    def connect(self, _dialect: object, _record: object, given: list[Any], named: dict[str, Any]) -> Listening:
        """For the event of that name. Raises psycopg.OperationalError."""
        self._pass()
        try:
            connection = Listening.connect(*given, **named)
        except psycopg.errors.ConnectionTimeout:
            self._closed_until = self._clock() + AGAIN_SECONDS
            raise
        except psycopg.Error:
            # It answers, if only to refuse: whoever comes next hears so at once.
            self._closed_until = None
            raise
        self._closed_until = None
        connection.patience = self._patience
        return connection

    def _pass(self) -> None:
        with self._lock:
            now = self._clock()
            if self._closed_until is None:
                return
            if now < self._closed_until:
                raise psycopg.OperationalError("the server lets nobody in")
            self._closed_until = now + self._connect_seconds + AGAIN_SECONDS


def listen_for_silence(engine: Engine, *, statement_seconds: float, connect_seconds: float) -> None:
    """Every connection of this engine then answers or fails within a bounded time. `statement_seconds` 0 is no bound."""
    patience = statement_seconds + GRACE_SECONDS if statement_seconds else math.inf
    event.listen(engine, "do_connect", Door(patience=patience, connect_seconds=connect_seconds).connect)

    def ask(connection: Listening, record: ConnectionPoolEntry, _proxy: object) -> None:
        # Who has just been let in has been heard; and of a second failure in a row SQLAlchemy says no more than "closed".
        if not record.info.setdefault(HEARD, False):
            record.info[HEARD] = True
            return
        try:
            with connection.patient(PING_SECONDS):
                engine.dialect.do_ping(connection)  # type: ignore[arg-type]
        except psycopg.Error as error:
            # All others are of the same server; each is replaced when its turn comes.
            raise InvalidatePoolError from error

    # Instead of `pool_pre_ping`, which would wait for as long as a statement may take.
    event.listen(engine, "checkout", ask)
