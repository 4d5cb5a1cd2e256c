"""Claims, what articles say of them, and the vectors by which an article is found that could mean one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261203c"
down_revision = "20261202"
branch_labels = None
depends_on = None

IDENTIFIER = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
INSTANT = sa.DateTime(timezone=True)
EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _create_vectors()
    _create_claim()
    _create_stance()


def downgrade() -> None:
    for table in ("claim_stance", "claim_version", "claim", "uncompared_article", "article_vectors"):
        op.drop_table(table)
    # A job of a kind that an older version does not know would stop it.
    op.execute("DELETE FROM job WHERE kind = 'claim'")


def _create_vectors() -> None:
    op.create_table(
        "article_vectors",
        sa.Column("article_id", IDENTIFIER, nullable=False),
        sa.Column("model", EXACT_TEXT, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("vectors", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("article_id", "model", name="pk_article_vectors"),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_article_vectors_article_id", ondelete="CASCADE"),
    )
    op.create_table(
        "uncompared_article",
        sa.Column("number", NUMBER, sa.Identity(), nullable=False),
        sa.Column("article_id", IDENTIFIER, nullable=False),
        sa.Column("model", EXACT_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_uncompared_article"),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_uncompared_article_article_id", ondelete="CASCADE"),
    )
    op.create_index("ix_uncompared_article_article_id", "uncompared_article", ["article_id"])
    op.create_index("ix_uncompared_article_model_number", "uncompared_article", ["model", "number"])


def _create_claim() -> None:
    op.create_table(
        "claim",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("wanted", sa.JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("model", EXACT_TEXT, nullable=False),
        sa.Column("vector", sa.LargeBinary(64), nullable=False),
        sa.Column("vectors_of", EXACT_TEXT, nullable=False),
        sa.Column("job_id", IDENTIFIER, nullable=False),
        sa.Column("considered", sa.Integer, nullable=False),
        sa.Column("held_off", sa.Integer, nullable=False),
        sa.Column("not_compared", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_claim"),
        sa.UniqueConstraint("digest", name="uq_claim_digest"),
        sa.UniqueConstraint("job_id", name="uq_claim_job_id"),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_claim_job_id", ondelete="CASCADE"),
    )
    op.create_table(
        "claim_version",
        sa.Column("id", sa.SmallInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_claim_version"),
    )


def _create_stance() -> None:
    op.create_table(
        "claim_stance",
        sa.Column("claim_id", IDENTIFIER, nullable=False),
        sa.Column("article_id", IDENTIFIER, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("judged_at", INSTANT, nullable=False),
        sa.Column("published_order", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("publisher", EXACT_TEXT),
        sa.Column("language", EXACT_TEXT, nullable=False),
        sa.Column("duplicate_group", IDENTIFIER),
        sa.Column("related", sa.Boolean, nullable=False),
        sa.Column("stance", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("probability", "agree", "disagree", "discuss", "unrelated")),
        sa.Column("passages", sa.SmallInteger, nullable=False),
        sa.Column("model", EXACT_TEXT, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("claim_id", "article_id", name="pk_claim_stance"),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name="fk_claim_stance_claim_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_claim_stance_article_id", ondelete="CASCADE"),
    )
    op.create_index("ix_claim_stance_article_id", "claim_stance", ["article_id"])
    op.create_index("ix_claim_stance_counts", "claim_stance", ["claim_id", "stance", "day"])
    grouped = sa.text("duplicate_group IS NOT NULL")
    op.create_index(
        "ix_claim_stance_duplicate_group",
        "claim_stance",
        ["duplicate_group", "claim_id", "article_id"],
        postgresql_where=grouped,
        sqlite_where=grouped,
    )
    for name, columns in (
        ("listed", ["claim_id", "article_id"]),
        ("published", ["claim_id", "published_order", "article_id"]),
        ("publisher", ["claim_id", "publisher", "article_id"]),
    ):
        op.create_index(
            f"ix_claim_stance_{name}",
            "claim_stance",
            columns,
            postgresql_where=sa.text("related"),
            sqlite_where=sa.text("related = 1"),
        )
