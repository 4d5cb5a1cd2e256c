"""On SQLite, how many articles left the full-text index since it was last rid of their words. PostgreSQL looks after itself."""

from __future__ import annotations

from alembic import op

revision = "20261126"
down_revision = "20261125"
branch_labels = None
depends_on = None

COUNT = "UPDATE searchable_words_removed SET articles = articles + 1;"


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    # A table beside those that FTS5 keeps for itself, with one row.
    op.execute("CREATE TABLE searchable_words_removed (articles INTEGER NOT NULL)")
    # Nobody counted so far.
    op.execute("INSERT INTO searchable_words_removed VALUES (1)")
    for event in ("DELETE", "UPDATE"):
        op.execute(f"CREATE TRIGGER searchable_{event.lower()}_counted AFTER {event} ON searchable BEGIN {COUNT} END")


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for event in ("delete", "update"):
        op.execute(f"DROP TRIGGER searchable_{event}_counted")
    op.execute("DROP TABLE searchable_words_removed")
