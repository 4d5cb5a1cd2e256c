"""Jobs, their chunks and failures, webhooks and their deliveries; on PostgreSQL also the queue of Procrastinate.

The queue's tables are a copy of what Procrastinate 3.10 ships (MIT), because a migration must do the same for ever.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "20261125"
down_revision = "20261124"
branch_labels = None
depends_on = None

IDENTIFIER = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
INSTANT = sa.DateTime(timezone=True)
EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
QUEUE = Path(__file__).parents[1] / "procrastinate_3_10.sql"
WAITING = sa.text("state = 'waiting'")

FUNCTIONS_OF_THE_QUEUE = "SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'procrastinate\\_%'"


def upgrade() -> None:
    _create_job()
    _create_chunk()
    _create_failure()
    _create_webhooks()
    if op.get_bind().dialect.name == "postgresql":
        # Straight from the driver: percent signs and colons in it are SQL, not parameters.
        op.get_bind().connection.cursor().execute(QUEUE.read_text(encoding="utf-8"))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _drop_the_queue()
    for table in ("webhook_delivery", "webhook", "job_failure", "job_chunk", "job"):
        op.drop_table(table)


def _create_job() -> None:
    op.create_table(
        "job",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        sa.Column("idempotency_key", EXACT_TEXT),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("existing", sa.Integer, nullable=False),
        sa.Column("invalid", sa.Integer, nullable=False),
        sa.Column("detail", sa.Text),
        sa.Column("wanted", sa.JSON),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("idempotency_key", name="uq_job_idempotency_key"),
    )


def _create_chunk() -> None:
    op.create_table(
        "job_chunk",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("job_id", IDENTIFIER, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("deaths", sa.SmallInteger, nullable=False),
        sa.Column("run_after", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("plans", sa.Boolean, nullable=False),
        sa.Column("after", IDENTIFIER),
        sa.Column("error", sa.Text),
        sa.Column("items", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_job_chunk"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_job_chunk_job_id", ondelete="CASCADE"),
    )
    op.create_index("ix_job_chunk_job_id_state", "job_chunk", ["job_id", "state"])
    op.create_index(
        "ix_job_chunk_waiting", "job_chunk", [sa.text("priority DESC"), "id"], postgresql_where=WAITING, sqlite_where=WAITING
    )


def _create_failure() -> None:
    op.create_table(
        "job_failure",
        sa.Column("job_id", IDENTIFIER, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("article_id", IDENTIFIER),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "line", name="pk_job_failure"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_job_failure_job_id", ondelete="CASCADE"),
    )


def _create_webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("events", sa.JSON, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("webhook_id", IDENTIFIER, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_delivery"),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name="fk_webhook_delivery_webhook_id", ondelete="CASCADE"),
    )
    op.create_index("ix_webhook_delivery_webhook_id_id", "webhook_delivery", ["webhook_id", "id"])
    op.create_index(
        "ix_webhook_delivery_waiting", "webhook_delivery", ["next_at"], postgresql_where=WAITING, sqlite_where=WAITING
    )


def _drop_the_queue() -> None:
    for table in ("periodic_defers", "events", "jobs", "workers"):
        op.execute(f"DROP TABLE procrastinate_{table} CASCADE")
    for (signature,) in op.get_bind().exec_driver_sql(FUNCTIONS_OF_THE_QUEUE.replace("%", "%%")).all():
        op.execute(f"DROP FUNCTION {signature} CASCADE")
    for kind in ("job_to_defer_v1", "job_event_type", "job_status"):
        op.execute(f"DROP TYPE procrastinate_{kind}")
