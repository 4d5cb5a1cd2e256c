"""Loading through the project's bulk path, and beside it the same rows through the bare driver."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Dialect

from app.services.grouping import New
from app.services.ingest import ingest
from app.services.submit import created
from app.storage import bulk, texts
from app.storage.database import Store
from benchmarks.queries import databases
from benchmarks.queries.corpus import Corpus, Made
from benchmarks.queries.databases import Database
from benchmarks.queries.progress import Meter

CHUNK = 2_000
Prepared = list[tuple[str, list[tuple[Any, ...]]]]


@dataclass
class Clock:
    """Articles and the seconds that they took."""

    articles: int = 0
    seconds: float = 0.0

    @property
    def speed(self) -> float:
        return self.articles / self.seconds if self.seconds else 0.0

    def add(self, articles: int, seconds: float) -> None:
        self.articles += articles
        self.seconds += seconds


@dataclass
class Loading:
    """`own` counts all articles; `beside` and `bare` the same ones, as long as both were measured in turn."""

    own: Clock
    beside: Clock
    bare: Clock


class Loader:
    """Fills a database further and further with the articles of one corpus, and another one beside it through the bare driver.

    Both begin empty and grow by the same articles, until `compared` of them are in; then only the first one grows.
    """

    def __init__(self, database: Database, store: Store, corpus: Corpus, *, compared: int, beside: Database) -> None:
        self.loaded = 0
        self.times = Loading(Clock(), Clock(), Clock())
        self._database, self._store, self._corpus = database, store, corpus
        self._compared, self.beside = compared, beside

    def fill(self, size: int) -> None:
        meter = Meter()
        with self.beside.driver() as driver:
            for chunk in chunks(self._corpus.articles(size - self.loaded, first=self.loaded)):
                if self.loaded < self._compared:
                    self._load_both(chunk, driver)
                else:
                    self.times.own.add(len(chunk), self._load(chunk))
                self.loaded += len(chunk)
                meter.note(f"{self._database.name}: {self.loaded:,} of {size:,} articles, {self.times.own.speed:,.0f}/s")

    def settle(self) -> None:
        """Both, so that neither has an advantage at what comes next."""
        self._database.settle()
        if self.loaded < self._compared:
            self.beside.settle()

    def _load_both(self, chunk: Sequence[Made], driver: Any) -> None:
        """Who begins alternates: the second finds the processor's caches as the first left them, and the first the disk's."""
        stored = [(created(submission, said), texts.traits(submission.text)) for submission, said in chunk]
        rows = prepared(stored, self._store.engine.dialect)
        times: dict[bool, float] = {}
        for bare in (False, True) if self.loaded // CHUNK % 2 else (True, False):
            times[bare] = insert(driver, rows, self._database.on_sqlite) if bare else self._load(chunk)
        self.times.own.add(len(chunk), times[False])
        self.times.beside.add(len(chunk), times[False])
        self.times.bare.add(len(chunk), times[True])

    def _load(self, chunk: Sequence[Made]) -> float:
        """Seconds."""
        started = time.perf_counter()
        asyncio.run(ingest(self._store, chunk))
        return time.perf_counter() - started


@contextmanager
def loader(database: Database, corpus: Corpus, *, compared: int) -> Iterator[Loader]:
    store = Store(database.url)
    try:
        with databases.beside(database) as beside:
            yield Loader(database, store, corpus, compared=compared, beside=beside)
    finally:
        store.close()


def prepared(stored: Sequence[New], dialect: Dialect) -> Prepared:
    """All that is not the driver's work."""
    return [
        (bulk.statement(table, rows, dialect), list(bulk.values(table, rows, dialect)))
        for table, rows in bulk.made(stored)
        if rows
    ]


def insert(driver: Any, prepared: Prepared, on_sqlite: bool) -> float:
    """Seconds of one transaction: executemany of sqlite3, COPY of psycopg."""
    started = time.perf_counter()
    driver.execute("BEGIN IMMEDIATE" if on_sqlite else "BEGIN")
    for statement, rows in prepared:
        if on_sqlite:
            driver.executemany(statement, rows)
            continue
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    driver.execute("COMMIT")
    return time.perf_counter() - started


def chunks(made: Iterator[Made]) -> Iterator[list[Made]]:
    while chunk := list(islice(made, CHUNK)):
        yield chunk
