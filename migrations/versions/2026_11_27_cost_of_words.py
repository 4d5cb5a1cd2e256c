"""What PostgreSQL's planner has to know of full text. SQLite's has no choice.

Both are explained in docs/decisions/0028-what-reading-words-costs.md.
"""

from __future__ import annotations

from alembic import op

revision = "20261127"
down_revision = "20261126"
branch_labels = None
depends_on = None

# Not in SQL, which would be inlined and cost nothing.
READ = """
CREATE FUNCTION searchable_read(number bigint) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 2000 AS 'BEGIN RETURN true; END'
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(READ)
    op.execute("ALTER TABLE searchable ALTER COLUMN words SET STATISTICS 500")
    # Autovacuum would wait until a tenth of the rows have changed.
    op.execute("ANALYZE searchable")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE searchable ALTER COLUMN words SET STATISTICS -1")
    op.execute("DROP FUNCTION searchable_read(bigint)")
