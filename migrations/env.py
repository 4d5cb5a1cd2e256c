"""Alembic runs this with a connection from app/storage/schema.py, inside that connection's one transaction."""

from __future__ import annotations

from alembic import context

from app.storage.job_tables import Base

connection = context.config.attributes["connection"]


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    # Procrastinate's tables are made by a migration, but their description is no part of this code.
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_name=include_name,
    compare_type=True,
    # SQLite alters a table by copying it; batch mode writes such migrations once for both databases.
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
