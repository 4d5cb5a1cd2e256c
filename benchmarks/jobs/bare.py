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

from app.domain.records import Submission, now

DERIVED = ("annotation", "stance", "relation", "article_vectors", "uncompared_article", "searchable", "duplicate_band")
TABLES = ("article", "revision", *DERIVED)

Rows = list[tuple[Any, ...]]
Content = list[tuple[str, str, Rows]]
"""Table, columns, and rows."""

ARTICLE = "id, identity, revision, status, created_at, updated_at, derived_at, published_order, publisher, external_id, metadata"
REVISION = "article_id, number, created_at, text_digest, title, body"


def accepted(url: str, given: Sequence[Submission], *, at_once: int) -> float:
    """Seconds for what has to be stored of articles when they are accepted: themselves and their texts, `at_once` a commit."""
    make_id = (lambda: uuid4().bytes) if url.startswith("sqlite") else uuid4
    return insert(url, *(_rows(given[start : start + at_once], make_id) for start in range(0, len(given), at_once)))


def insert(url: str, *contents: Content) -> float:
    """Seconds, the commits included: one for each content."""
    return _sqlite(url, contents) if url.startswith("sqlite") else _postgresql(url, contents)


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


def _postgresql(url: str, contents: Sequence[Content]) -> float:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        for content in contents:
            for table, columns, rows in content:
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy:
                    for row in rows:
                        copy.write_row(row)
            connection.commit()
        return time.perf_counter() - began


def _sqlite(url: str, contents: Sequence[Content]) -> float:
    as_text = [
        [(table, columns, [tuple(map(_plain, row)) for row in rows]) for table, columns, rows in each] for each in contents
    ]
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        began = time.perf_counter()
        for content in as_text:
            for table, columns, rows in content:
                places = ", ".join("?" * len(columns.split(",")))
                connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", rows)
            connection.commit()
        return time.perf_counter() - began


def _plain(value: Any) -> Any:
    return str(value) if hasattr(value, "tzinfo") else value


def _rows(given: Iterable[Submission], make_id: Callable[[], Any]) -> Content:
    articles: Rows = []
    revisions: Rows = []
    moment = now()
    for each in given:
        identifier = make_id()
        identity = hashlib.blake2b(str(each.external_id).encode(), digest_size=16).digest()
        known = (identifier, identity, 1, "pending", moment, moment, moment, -1, each.publisher, each.external_id, "{}")
        articles.append(known)
        revisions.append((identifier, 1, moment, identity, each.text.title, each.text.body))
    return [("article", ARTICLE, articles), ("revision", REVISION, revisions)]
