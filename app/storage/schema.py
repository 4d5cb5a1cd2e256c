"""Whether the tables are those of this version. How they become it stands in `migrating`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, column, inspect, select, table

from app.storage.failures import translated

_PACKAGE = Path(__file__).parents[1]

_INSTALLED, _REPOSITORY = _PACKAGE / "_migrations", _PACKAGE.parent / "migrations"

FOLDER = _INSTALLED if _INSTALLED.is_dir() else _REPOSITORY

_NAMED = re.compile(r'^(revision|down_revision)\b[^=\n]*= *"(\w+)"', re.MULTILINE)

_VERSION = table("alembic_version", column("version_num"))


class SchemaMismatch(Exception):
    """The database has tables of another version; the message is one line for a person at a terminal."""


def alembic_config(connection: Connection | None = None) -> Any:
    return _migrating().alembic_config(connection)


def migrate(url: str) -> None:
    """Safe on several replicas at once: the first does the work, the others wait and find it done.

    Raises SchemaMismatch, and StorageUnavailable where a transaction of somebody else holds a table; nothing has changed then.
    """
    _migrating().migrate(url)


def check(engine: Engine) -> None:
    """Raises SchemaMismatch unless the tables are those of this version."""
    revision = _stored(engine)
    if revision != head():
        state = "no tables of Standpoint" if revision is None else f"tables of an older version ({revision})"
        raise SchemaMismatch(f"the database has {state}: run `standpoint migrate`")


def prepare(url: str, engine: Engine) -> None:
    """At start: a file belongs to this process and is migrated; a server may be shared, so that a person decides when."""
    # A file that is up to date is only read, so that a long import beside it does not hold up the start.
    if engine.dialect.name == "sqlite" and _stored(engine) != head():
        migrate(url)
    check(engine)


def stored(connection: Connection) -> str | None:
    """The revision of the tables. Raises SchemaMismatch for one that this version does not know."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    revision: str | None = connection.scalar(select(_VERSION.c.version_num))
    if revision is None or revision in revisions():
        return revision
    raise SchemaMismatch(f"the database has tables of a newer version ({revision}): install that version or a later one")


@cache
def revisions() -> Mapping[str, str | None]:
    """Those that this version knows, each with the one before it. Read as text: Alembic would run them all."""
    return dict(_read())


def head() -> str:
    """The revision that no other follows."""
    (last,) = revisions().keys() - revisions().values()
    return last


def _read() -> Iterator[tuple[str, str | None]]:
    for file in (FOLDER / "versions").glob("*.py"):
        names = dict(_NAMED.findall(file.read_text(encoding="utf-8")))
        yield names["revision"], names.get("down_revision")


def _stored(engine: Engine) -> str | None:
    with translated(), engine.connect() as connection:
        return stored(connection)


def _migrating() -> Any:
    # Only where tables are to be changed: importing Alembic takes a twentieth of a start, and most find all as it should be.
    return import_module("app.storage.migrating")
