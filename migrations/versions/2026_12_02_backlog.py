"""What is left of bulk work is counted at every scrape of /metrics: over chunks that are left, not over all there ever were.

SELECT coalesce(sum(...size - done...), 0) FROM job_chunk WHERE state IN ('waiting', 'running')
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "20261202"
down_revision = "20261128"
branch_labels = None
depends_on = None


def upgrade() -> None:
    unfinished = text("state IN ('waiting', 'running')")
    op.create_index(
        "ix_job_chunk_unfinished",
        "job_chunk",
        ["state", "size", "done"],
        postgresql_where=unfinished,
        sqlite_where=unfinished,
    )


def downgrade() -> None:
    op.drop_index("ix_job_chunk_unfinished", "job_chunk")
