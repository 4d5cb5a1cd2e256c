"""The queue's tables are those that the installed Procrastinate works with."""

from __future__ import annotations

from pathlib import Path

from procrastinate.schema import SchemaManager

COPY = Path(__file__).parents[2] / "migrations" / "procrastinate_3_10.sql"


def test_the_copy_in_the_migration_is_what_the_installed_version_ships() -> None:
    assert COPY.read_text(encoding="utf-8") == SchemaManager.get_schema(), "a newer Procrastinate needs a migration of its own"
