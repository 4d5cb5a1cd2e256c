"""Loading through the project's bulk path, and beside it the same rows through the bare driver."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Dialect

from app.services.ingest import ingest
from app.services.submit import created
from app.storage import bulk, texts
from app.storage.database import Store
from benchmarks.queries import databases
from benchmarks.queries.corpus import Corpus, Made
from benchmarks.queries.databases import Database

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
    """Fills a database further and further with the articles of one corpus."""

    def __init__(self, database: Database, store: Store, corpus: Corpus) -> None:
        self.loaded = 0
        self.times = Loading(Clock(), Clock(), Clock())
        self._database, self._store, self._corpus = database, store, corpus

    def fill(self, size: int, *, compared: int) -> None:
        """The first `compared` of all articles also go to another database through the bare driver."""
        with ExitStack() as stack:
            bare = stack.enter_context(databases.beside(self._database)) if self.loaded < compared else None
            driver = stack.enter_context(bare.driver()) if bare else None
            for chunk in _chunks(self._corpus.articles(size - self.loaded, first=self.loaded)):
                self._load(chunk, driver if self.loaded < compared else None)
        print(file=sys.stderr)

    def _load(self, chunk: Sequence[Made], driver: Any) -> None:
        started = time.perf_counter()
        asyncio.run(ingest(self._store, chunk))
        seconds = time.perf_counter() - started
        self.times.own.add(len(chunk), seconds)
        if driver is not None:
            self.times.beside.add(len(chunk), seconds)
            self.times.bare.add(
                len(chunk), _insert(driver, _prepared(chunk, self._store.engine.dialect), self._database.on_sqlite)
            )
        self.loaded += len(chunk)
        print(f"\r{self._database.name}: {self.loaded:,} articles, {self.times.own.speed:,.0f}/s", end="", file=sys.stderr)


def _prepared(chunk: Sequence[Made], dialect: Dialect) -> Prepared:
    """All that is not the driver's work."""
    stored = [(created(submission, said), texts.traits(submission.text)) for submission, said in chunk]
    return [
        (bulk.statement(table, rows, dialect), list(bulk.values(table, rows, dialect)))
        for table, rows in bulk.made(stored)
        if rows
    ]


def _insert(driver: Any, prepared: Prepared, on_sqlite: bool) -> float:
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


def _chunks(made: Iterator[Made]) -> Iterator[list[Made]]:
    while chunk := list(islice(made, CHUNK)):
        yield chunk
