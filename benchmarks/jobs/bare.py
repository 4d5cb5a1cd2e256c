"""The driver's own way to put many rows into a database: COPY on PostgreSQL, one prepared statement for all on SQLite."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import Any
from uuid import uuid4

import psycopg

from app.domain.jobs import Slice
from app.domain.records import Submission, now

DERIVED = ("annotation", "stance", "relation", "article_vectors", "uncompared_article", "searchable", "duplicate_band")
TABLES = ("article", "revision", *DERIVED)

Rows = list[tuple[Any, ...]]
Content = list[tuple[str, str, Rows]]
"""Table, columns, and rows."""

ARTICLE = "id, identity, revision, status, created_at, updated_at, derived_at, published_order, publisher, external_id, metadata"
REVISION = "article_id, number, created_at, text_digest, title, body"


def accepted(url: str, parts: Sequence[Slice]) -> float:
    """Seconds for what has to be stored of articles when they are accepted: themselves and their texts."""
    on_sqlite = url.startswith("sqlite")
    articles, revisions = _rows(parts, (lambda: uuid4().bytes) if on_sqlite else uuid4)
    return insert(url, [("article", ARTICLE, articles), ("revision", REVISION, revisions)])


def insert(url: str, content: Content) -> float:
    """Seconds, the commit included."""
    return _sqlite(url, content) if url.startswith("sqlite") else _postgresql(url, content)


def copied(source: str, target: str) -> float:
    """Seconds for the same rows as in `source` into all tables that tell of articles, with their indexes."""
    if source.startswith("sqlite"):
        return insert(target, [_read(source, table) for table in TABLES])
    with psycopg.connect(source) as connection:
        data = [(table, _dumped(connection, table)) for table in TABLES]
    with psycopg.connect(target) as connection:
        began = time.perf_counter()
        for table, lines in data:
            with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                copy.write(lines)
        connection.commit()
        return time.perf_counter() - began


def _dumped(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(f"COPY {table} TO STDOUT".encode()) as copy:
        return b"".join(bytes(part) for part in copy)


def _read(url: str, table: str) -> tuple[str, str, Rows]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        cursor = connection.execute(f"SELECT * FROM {table}")
        return table, ", ".join(f'"{column[0]}"' for column in cursor.description), cursor.fetchall()


def _postgresql(url: str, content: Content) -> float:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        for table, columns, rows in content:
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        connection.commit()
        return time.perf_counter() - began


def _sqlite(url: str, content: Content) -> float:
    as_text = [(table, columns, [tuple(map(_plain, row)) for row in rows]) for table, columns, rows in content]
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        began = time.perf_counter()
        for table, columns, rows in as_text:
            places = ", ".join("?" * len(columns.split(",")))
            connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
        connection.commit()
        return time.perf_counter() - began


def _plain(value: Any) -> Any:
    return str(value) if hasattr(value, "tzinfo") else value


def _rows(parts: Iterable[Slice], make_id: Callable[[], Any]) -> tuple[Rows, Rows]:
    articles: Rows = []
    revisions: Rows = []
    moment = now()
    for line in (line for part in parts for line in part.lines):
        assert isinstance(line.content, Submission)
        identifier, given = make_id(), line.content
        identity = hashlib.blake2b(str(given.external_id).encode(), digest_size=16).digest()
        known = (identifier, identity, 1, "pending", moment, moment, moment, -1, given.publisher, given.external_id, "{}")
        articles.append(known)
        revisions.append((identifier, 1, moment, identity, given.text.title, given.text.body))
    return articles, revisions
