"""Whether the tables are those of this version, and how they become it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from app.storage.engine import WRITES, open_engine
from app.storage.failures import translated

_PACKAGE = Path(__file__).parents[1]

_LOCK = 0x5354414E44
"""PostgreSQL names advisory locks by number; this is "STAND"."""

LOCK_SECONDS = 15
"""While a migration waits for a table, everybody who comes after it waits too: half of the 30 s that their statements have."""


class SchemaMismatch(Exception):
    """The database has tables of another version; the message is one line for a person at a terminal."""


def alembic_config(connection: Connection | None = None) -> Config:
    installed, repository = _PACKAGE / "_migrations", _PACKAGE.parent / "migrations"
    config = Config(attributes={"connection": connection})
    folder = installed if installed.is_dir() else repository
    # A percent sign begins an interpolation in this format.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def migrate(url: str) -> None:
    """Safe on several replicas at once: the first does the work, the others wait and find it done.

    Raises SchemaMismatch, and StorageUnavailable where a transaction of somebody else holds a table; nothing has changed then.
    """
    # Altering a table of SQLite rebuilds it, and dropping the old one would delete what refers to it.
    engine = open_engine(url, statement_seconds=0, foreign_keys=False)
    try:
        with translated(), engine.execution_options(**{WRITES: True}).begin() as connection:
            _wait_for_other_migrations(connection)
            _wait_for_nobody_else(connection)
            _revision(connection)
            command.upgrade(alembic_config(connection), "head")
    finally:
        engine.dispose()


def check(engine: Engine) -> None:
    """Raises SchemaMismatch unless the tables are those of this version."""
    revision = _stored_revision(engine)
    if revision != _scripts().get_current_head():
        state = "no tables of Standpoint" if revision is None else f"tables of an older version ({revision})"
        raise SchemaMismatch(f"the database has {state}: run `standpoint migrate`")


def prepare(url: str, engine: Engine) -> None:
    """At start: a file belongs to this process and is migrated; a server may be shared, so that a person decides when."""
    # A file that is up to date is only read, so that a long import beside it does not hold up the start.
    if engine.dialect.name == "sqlite" and _stored_revision(engine) != _scripts().get_current_head():
        migrate(url)
    check(engine)


def _stored_revision(engine: Engine) -> str | None:
    with translated(), engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    """Raises SchemaMismatch for one that this version does not know."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None or revision in {script.revision for script in _scripts().walk_revisions()}:
        return revision
    raise SchemaMismatch(f"the database has tables of a newer version ({revision}): install that version or a later one")


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(alembic_config())


def _wait_for_other_migrations(connection: Connection) -> None:
    # On SQLite the transaction itself began with BEGIN IMMEDIATE and is the lock.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _wait_for_nobody_else(connection: Connection) -> None:
    # An idle transaction or a dump that reads a table would otherwise stop the whole service for as long as it lasts.
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
