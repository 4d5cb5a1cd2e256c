"""Sums of stances from one index, in its order: docs/decisions/0029-sums-without-a-rollup.md."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261128"
down_revision = "20261127"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index(["country", "month", "model", "day", "stance", "standing", "shown"])


def downgrade() -> None:
    _index(["country", "month", "day", "stance", "standing", "model"])


def _index(columns: list[str]) -> None:
    op.drop_index("ix_stance_counts", "stance")
    op.create_index("ix_stance_counts", "stance", columns, postgresql_where=sa.text("shown"), sqlite_where=sa.text("shown = 1"))
    connection = op.get_bind()
    if connection.dialect.name == "sqlite" and sa.inspect(connection).has_table("sqlite_stat1"):
        # In a file that somebody has analysed, an index without statistics is taken for a better one than it is.
        op.execute("ANALYZE ix_stance_counts")
