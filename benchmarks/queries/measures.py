"""What is asked, over HTTP and as bare SQL in turn, and how long each takes."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from typing import TypeVar

import psycopg

from app.api import country_codes
from app.domain.errors import StandpointError
from app.domain.records import Filter, Sort
from app.domain.values import CountryCode
from app.storage import cursors, stances
from app.storage.database import Store
from benchmarks.queries.corpus import Corpus
from benchmarks.queries.databases import Database
from benchmarks.queries.progress import note
from benchmarks.queries.serving import NotAnswered, Service, overheard, service

Result = TypeVar("Result")

PAGE = 50
DEEP = 1_000
SECONDS = 4.0
"""For one question in one form. At least FEWEST and at most MOST times."""
FEWEST, MOST = 5, 100

FLOOR = "an empty page: what HTTP itself takes"
FIRST = "stances of the busiest country, page 1"
DEEPER = f"stances of the busiest country, page {DEEP:,} or the last"
RARE = "full text, a rare word"
EVERYTHING = "summary of everything by country and month"

COUNTED = "SELECT country, month, stance, count(*) FROM stance WHERE shown GROUP BY country, month, stance"
"""What EVERYTHING would have to ask without the counts that are kept."""

COMPARED = (FLOOR, FIRST, DEEPER, RARE)
"""These are compared with each other, and therefore asked in turn."""

FAULTS = (NotAnswered, HTTPException, OSError, sqlite3.Error, psycopg.Error, StandpointError)
"""What may keep one question from being answered. The others are asked all the same, and the run says at its end what failed."""


@dataclass
class Times:
    """Seconds."""

    all: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return statistics.median(self.all)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.all, n=20)[-1] if len(self.all) > 1 else self.all[0]

    def take(self, work: Callable[[], object]) -> None:
        started = time.perf_counter()
        work()
        self.all.append(time.perf_counter() - started)


@dataclass
class Measured:
    """`smallest` is the answer over HTTP from the smallest database, in turn with the others; empty for that database itself."""

    http: Times = field(default_factory=Times)
    bare: Times = field(default_factory=Times)
    smallest: Times = field(default_factory=Times)


@dataclass
class Export:
    lines: int
    seconds: float
    megabytes_before: float
    megabytes_most: float

    @property
    def speed(self) -> float:
        return self.lines / self.seconds


@dataclass
class Results:
    articles: int
    stances: int
    questions: dict[str, Measured]
    exports: dict[str, Export]
    failed: dict[str, str]
    counting: float
    """Seconds that COUNTED takes."""


def measure(
    database: Database, corpus: Corpus, *, articles: int, seconds: float = SECONDS, smallest: Database | None = None
) -> Results:
    with ExitStack() as stack:
        asking = Asking(database, corpus, stack=stack, smallest=smallest, seconds=seconds)
        together = [name for name in asking.paths if name in COMPARED]
        for names in [together, *([name] for name in asking.paths if name not in COMPARED)]:
            note(f"{database.name}, {articles:,} articles: {'; '.join(names)}")
            asking.ask(names)
        ((rows,),) = asking.driver.execute("SELECT count(*) FROM stance").fetchall()
        counting = Times()
        for _ in range(2):
            counting.take(lambda: asking.driver.execute(COUNTED).fetchall())
        for form in ("ndjson", "csv"):
            note(f"{database.name}, {articles:,} articles: export of {rows:,} stances as {form}")
            asking.export(form, rows=rows)
    return Results(articles, rows, asking.measured, asking.exports, asking.failed, min(counting.all))


class Asking:
    """One database, its service, the smallest one's service, and the bare driver; and what was found out with them."""

    def __init__(
        self, database: Database, corpus: Corpus, *, stack: ExitStack, smallest: Database | None, seconds: float
    ) -> None:
        self._served, self._heard = stack.enter_context(service(database)), stack.enter_context(overheard(database))
        self.driver = stack.enter_context(database.driver())
        self._smallest = stack.enter_context(service(smallest)) if smallest else None
        self.paths = questions(corpus, self._heard.store)
        self._small_paths = _paths_in(smallest, corpus) if smallest else {}
        self._seconds = seconds
        self.measured: dict[str, Measured] = {}
        self.exports: dict[str, Export] = {}
        self.failed: dict[str, str] = {}

    def ask(self, names: list[str]) -> None:
        """These in turn, each in all its forms."""
        works = {name: work for name in names if (work := self._attempted(name, partial(self._works, name)))}
        until = time.perf_counter() + self._seconds * sum(map(len, works.values()))
        for count in range(MOST):
            if count >= FEWEST and time.perf_counter() > until:
                break
            # A question that fails is asked no more.
            works = {name: work for name, work in works.items() if self._attempted(name, partial(_round, work))}
        self.measured = {name: each for name, each in self.measured.items() if name not in self.failed}

    def export(self, form: str, *, rows: int) -> None:
        name = f"export as {form}"
        export = self._attempted(name, lambda: _export(self._served, form))
        if not export:
            return
        self.exports[form] = export
        if export.lines != rows + (form == "csv"):
            self.failed[name] = f"{export.lines:,} lines of {rows:,} stances"

    def _works(self, name: str) -> dict[Callable[[], object], Times]:
        """Each form of a question, done once already, and where its times go."""
        statements, path = self._heard.statements(self.paths[name]), self.paths[name]

        def ask() -> None:
            for statement, parameters in statements:
                self.driver.execute(statement, parameters).fetchall()

        found = self.measured[name] = Measured()
        works: dict[Callable[[], object], Times] = {lambda: self._served.get(path): found.http, ask: found.bare}
        if smallest := self._smallest:
            works[lambda: smallest.get(self._small_paths[name])] = found.smallest
        for work in works:
            work()
        return works

    def _attempted(self, name: str, attempt: Callable[[], Result]) -> Result | None:
        try:
            return attempt()
        except FAULTS as fault:
            self.failed[name] = f"{type(fault).__name__}: {fault}"
            note(f"{name} FAILED: {self.failed[name]}")
            for served in (self._served, self._smallest):
                # A connection that broke in the middle of an answer opens again at the next request.
                if served:
                    served.close()
            return None


def _round(works: Mapping[Callable[[], object], Times]) -> bool:
    for work, times in works.items():
        times.take(work)
    return True


def _paths_in(database: Database, corpus: Corpus) -> dict[str, str]:
    store = Store(database.url)
    try:
        return questions(corpus, store)
    finally:
        store.close()


def questions(corpus: Corpus, store: Store) -> dict[str, str]:
    """By the names that stand in the report."""
    busiest, middling = corpus.codes[0], corpus.codes[20]
    rare, common = corpus.word_of_share(0.0008), corpus.word_of_share(0.05)
    phrase = f"%22{corpus.words[40]}+{corpus.words[60]}%22"
    of_busiest = f"/v1/stances?country={busiest}&limit={PAGE}"
    unheard = next(code for code in sorted(country_codes.KNOWN) if code not in corpus.codes)
    return {
        FLOOR: f"/v1/stances?country={unheard}&limit={PAGE}",
        FIRST: of_busiest,
        DEEPER: _deep(store, busiest, of_busiest),
        "stances of the busiest country by publication": f"{of_busiest}&sort=published_at",
        "stances of two countries": f"{of_busiest}&country={middling}",
        "stances against the busiest country, sure ones": f"{of_busiest}&stance=against&min_score=0.6",
        "stances of a country in one outlet": f"{of_busiest}&publisher={corpus.outlets[10].replace(' ', '+')}",
        "stances of a country in one month": f"{of_busiest}&published_from=2023-05-01&published_to=2023-05-31",
        "stances in the author's voice": f"{of_busiest}&voice=author&stance=favor",
        "stances, each group once": f"{of_busiest}&collapse=true",
        "articles, page 1": f"/v1/articles?limit={PAGE}",
        "articles about a country": f"/v1/articles?country={middling}&limit={PAGE}",
        "related countries": f"/v1/countries/{middling}/related",
        RARE: f"/v1/articles?q={rare}&limit={PAGE}",
        "full text, a rare word, stances": f"/v1/stances?q={rare}&limit={PAGE}",
        "full text, a common word": f"/v1/articles?q={common}&limit={PAGE}",
        "full text, a phrase": f"/v1/articles?q={phrase}&limit={PAGE}",
        "series of a country by month": f"/v1/stances/series?country={busiest}&interval=month",
        "summary of a country by month": f"/v1/stances/summary?country={middling}&group_by=month",
        EVERYTHING: "/v1/stances/summary?group_by=country&group_by=month",
        "countries": "/v1/countries",
        "publishers": "/v1/publishers",
    }


def _deep(store: Store, country: CountryCode, first: str) -> str:
    """The cursor is made here, since 999 pages would have to be read to be given it."""
    wanted, order = Filter(countries=(country,)), stances.ORDERS[Sort.CREATED_AT]
    with store.reading() as session:
        keys = stances.listed(wanted).with_only_columns(*order.columns).order_by(*(column.desc() for column in order.columns))
        rows = session.execute(keys.limit(PAGE * (DEEP - 1))).all()
    place = (len(rows) - 1) // PAGE * PAGE - 1 if len(rows) < PAGE * (DEEP - 1) else len(rows) - 1
    key = list(rows[max(place, 0)])
    return f"{first}&cursor={cursors.encode(key, bound_to=cursors.binding('stances', wanted, Sort.CREATED_AT))}"


def _export(served: Service, form: str) -> Export:
    before = most = served.megabytes()
    lines, started = 0, time.perf_counter()
    for count in served.lines(f"/v1/exports/stances?format={form}"):
        lines += count
        most = max(most, served.megabytes())
    return Export(lines, time.perf_counter() - started, before, most)
