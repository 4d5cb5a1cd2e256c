"""What is asked, over HTTP and as bare SQL in turn, and how long each takes."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.domain.records import Filter, Sort
from app.domain.values import CountryCode
from app.storage import cursors, stances
from app.storage.database import Store
from benchmarks.queries.corpus import Corpus
from benchmarks.queries.databases import Database
from benchmarks.queries.serving import Overheard, Service, overheard, service

PAGE = 50
DEEP = 1_000
SECONDS = 4.0
"""For one question in one form. At least FEWEST and at most MOST times."""
FEWEST, MOST = 5, 100


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
    http: Times
    bare: Times


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
    left_out: list[str]


def measure(database: Database, corpus: Corpus, *, articles: int, seconds: float = SECONDS) -> Results:
    with service(database) as served, overheard(database) as heard, database.driver() as driver:
        asked = questions(corpus, heard.store)
        found = {name: path for name, path in asked.items() if served.exists(path)}
        measured = {}
        for name, path in found.items():
            print(f"\r{database.name}, {articles:,} articles: {name:60}", end="", file=sys.stderr)
            measured[name] = _measured(served, heard, driver, path, seconds)
        ((rows,),) = driver.execute("SELECT count(*) FROM stance").fetchall()
        exports = {form: _export(served, form) for form in ("ndjson", "csv")}
        print(file=sys.stderr)
    return Results(articles, rows, measured, exports, [name for name in asked if name not in found])


def questions(corpus: Corpus, store: Store) -> dict[str, str]:
    """By the names that stand in the report."""
    busiest, middling = corpus.codes[0], corpus.codes[20]
    rare, common = corpus.word_of_share(0.0008), corpus.word_of_share(0.05)
    phrase = f"%22{corpus.words[40]}+{corpus.words[60]}%22"
    of_busiest = f"/v1/stances?country={busiest}&limit={PAGE}"
    return {
        "stances of the busiest country, page 1": of_busiest,
        f"stances of the busiest country, page {DEEP:,} or the last": _deep(store, busiest, of_busiest),
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
        "full text, a rare word": f"/v1/articles?q={rare}&limit={PAGE}",
        "full text, a rare word, stances": f"/v1/stances?q={rare}&limit={PAGE}",
        "full text, a common word": f"/v1/articles?q={common}&limit={PAGE}",
        "full text, a phrase": f"/v1/articles?q={phrase}&limit={PAGE}",
        "series of a country by month": f"/v1/stances/series?country={busiest}&interval=month",
        "summary of a country by month": f"/v1/stances/summary?country={middling}&group_by=month",
        "summary of everything by country and month": "/v1/stances/summary?group_by=country&group_by=month",
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


def _measured(served: Service, heard: Overheard, driver: Any, path: str, seconds: float) -> Measured:
    statements = heard.statements(path)

    def ask() -> None:
        for statement, parameters in statements:
            driver.execute(statement, parameters).fetchall()

    http, bare = Times(), Times()
    ask()
    until = time.perf_counter() + 2 * seconds
    while len(http.all) < FEWEST or (time.perf_counter() < until and len(http.all) < MOST):
        http.take(lambda: served.get(path))
        bare.take(ask)
    return Measured(http, bare)


def _export(served: Service, form: str) -> Export:
    before = most = served.megabytes()
    lines, started = 0, time.perf_counter()
    for count in served.lines(f"/v1/exports/stances?format={form}"):
        lines += count
        most = max(most, served.megabytes())
    return Export(lines, time.perf_counter() - started, before, most)
