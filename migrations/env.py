"""Alembic runs this with a connection from app/storage/migrating.py, inside that connection's one transaction."""

from __future__ import annotations

from typing import Any

from alembic import context

from app.storage.claim_tables import Base


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    # FTS5 keeps its index in tables of its own, and Procrastinate's are made by a migration; no metadata here knows them.
    return not (kind == "table" and name and name.startswith(("searchable_words", "procrastinate_")))


def _is_here(thing: Any, _name: str | None, _kind: str, _reflected: bool, _compared: Any) -> bool:
    return thing.info.get("only", connection.dialect.name) == connection.dialect.name


connection = context.config.attributes["connection"]

context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_name=_is_ours,
    include_object=_is_here,
    compare_type=True,
    # SQLite alters a table by copying it; batch mode writes such migrations once for both databases.
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
