"""Articles, their revisions, the annotations of those, and one slim row for each stance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122"
down_revision = None
branch_labels = None
depends_on = None

IDENTIFIER = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
DIGEST = sa.LargeBinary(16)
INSTANT = sa.DateTime(timezone=True)
EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _create_article()
    _create_revision()
    _create_annotation()
    _create_stance()


def downgrade() -> None:
    for table in ("stance", "annotation", "revision", "article"):
        op.drop_table(table)


def _create_article() -> None:
    op.create_table(
        "article",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("identity", DIGEST, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("published_order", sa.BigInteger, nullable=False),
        sa.Column("published_day", sa.Date),
        sa.Column("published_at", INSTANT),
        sa.Column("publisher", EXACT_TEXT),
        sa.Column("external_id", sa.Text),
        sa.Column("url", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("metadata", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_article"),
        sa.UniqueConstraint("identity", name="uq_article_identity"),
    )
    op.create_index("ix_article_published_order_id", "article", ["published_order", "id"])
    op.create_index("ix_article_publisher_id", "article", ["publisher", "id"])
    op.create_index("ix_article_url", "article", ["url"], postgresql_using="hash")
    op.create_index("ix_article_external_id", "article", ["external_id"], postgresql_using="hash")


def _create_revision() -> None:
    op.create_table(
        "revision",
        sa.Column("article_id", IDENTIFIER, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("text_digest", DIGEST, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("article_id", "number", name="pk_revision"),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_revision_article_id", ondelete="CASCADE"),
    )


def _create_annotation() -> None:
    op.create_table(
        "annotation",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("article_id", IDENTIFIER, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("model", EXACT_TEXT, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("characters", sa.Integer, nullable=False),
        sa.Column("encoded_characters", sa.Integer, nullable=False),
        sa.Column("passages", sa.Integer, nullable=False),
        sa.Column("judgements", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_annotation"),
        sa.ForeignKeyConstraint(
            ["article_id", "revision"],
            ["revision.article_id", "revision.number"],
            name="fk_annotation_article_id_revision",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("article_id", "revision", "model", name="uq_annotation_article_id_revision_model"),
    )
    op.create_index("ix_annotation_model_article_id", "annotation", ["model", "article_id"])
    op.create_index(
        "ix_annotation_hidden",
        "annotation",
        ["model", "article_id"],
        postgresql_where=sa.text("NOT shown"),
        sqlite_where=sa.text("shown = 0"),
    )
    _of_shown("uq_annotation_shown", "annotation", ["article_id"], unique=True)


def _create_stance() -> None:
    op.create_table(
        "stance",
        sa.Column("annotation_id", IDENTIFIER, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("article_id", IDENTIFIER, nullable=False),
        sa.Column("published_order", sa.BigInteger, nullable=False),
        sa.Column("country", EXACT_TEXT, nullable=False),
        sa.Column("stance", sa.String(16)),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("kinds", sa.SmallInteger, nullable=False),
        sa.Column("mention_count", sa.Integer, nullable=False),
        sa.Column("salience", sa.Double, nullable=False),
        sa.Column("probability", sa.Double),
        sa.Column("favor", sa.Double, nullable=False),
        sa.Column("neutral", sa.Double, nullable=False),
        sa.Column("against", sa.Double, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("model", EXACT_TEXT, nullable=False),
        sa.Column("evidence", sa.JSON),
        sa.PrimaryKeyConstraint("annotation_id", "rank", name="pk_stance"),
        sa.ForeignKeyConstraint(["annotation_id"], ["annotation.id"], name="fk_stance_annotation_id", ondelete="CASCADE"),
    )
    _of_shown("ix_stance_shown", "stance", ["article_id", "rank"])
    _of_shown("ix_stance_country", "stance", ["country", "article_id", "rank"])
    _of_shown("ix_stance_country_published", "stance", ["country", "published_order", "article_id", "rank"])
    _of_shown("ix_stance_published", "stance", ["published_order", "article_id", "rank"])
    op.create_index("ix_stance_model", "stance", ["model", "article_id", "rank"])


def _of_shown(name: str, table: str, columns: list[str], *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, postgresql_where=sa.text("shown"), sqlite_where=sa.text("shown = 1"))
