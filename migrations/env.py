"""Alembic runs this with a connection from app/storage/schema.py, inside that connection's one transaction."""

from __future__ import annotations

from alembic import context

from app.storage.tables import Base

connection = context.config.attributes["connection"]
# SQLite alters a table by copying it; batch mode writes such migrations once for both databases.
context.configure(
    connection=connection, target_metadata=Base.metadata, compare_type=True, render_as_batch=connection.dialect.name == "sqlite"
)
with context.begin_transaction():
    context.run_migrations()
