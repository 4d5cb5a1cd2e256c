"""Alembic runs this with a connection from app/storage/schema.py, inside that connection's one transaction."""

from __future__ import annotations

from typing import Any

from alembic import context

from app.storage.tables import Base


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    # FTS5 keeps its index in tables of its own, which no metadata knows.
    return not (kind == "table" and name and name.startswith("searchable_words"))


def _is_here(thing: Any, _name: str | None, _kind: str, _reflected: bool, _compared: Any) -> bool:
    return thing.info.get("only", connection.dialect.name) == connection.dialect.name


connection = context.config.attributes["connection"]
# SQLite alters a table by copying it; batch mode writes such migrations once for both databases.
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    include_name=_is_ours,
    include_object=_is_here,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
