"""How the tables become those of this version. Loaded by name, only where there is something to do: `schema` looks first."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from app.storage import schema
from app.storage.engine import WRITES, open_engine
from app.storage.failures import translated

_LOCK = 0x5354414E44
"""PostgreSQL names advisory locks by number; this is "STAND"."""

LOCK_SECONDS = 15
"""While a migration waits for a table, everybody who comes after it waits too: half of the 30 s that their statements have."""


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    # A percent sign begins an interpolation in this format.
    config.set_main_option("script_location", str(schema.FOLDER).replace("%", "%%"))
    return config


def migrate(url: str) -> None:
    """`schema.migrate` says what it raises."""
    # Altering a table of SQLite rebuilds it, and dropping the old one would delete what refers to it.
    engine = open_engine(url, statement_seconds=0, foreign_keys=False)
    try:
        with translated(), engine.execution_options(**{WRITES: True}).begin() as connection:
            _wait_for_other_migrations(connection)
            _wait_for_nobody_else(connection)
            schema.stored(connection)
            command.upgrade(alembic_config(connection), "head")
    finally:
        engine.dispose()


def _wait_for_other_migrations(connection: Connection) -> None:
    # On SQLite the transaction itself began with BEGIN IMMEDIATE and is the lock.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _wait_for_nobody_else(connection: Connection) -> None:
    # An idle transaction or a dump that reads a table would otherwise stop the whole service for as long as it lasts.
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
