"""Who stands where toward whom: relations of an annotation, and one slim row each.

No annotation has any yet, so nothing has to be made anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261203"
down_revision = "20261202"
branch_labels = None
depends_on = None

IDENTIFIER = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SHOWN = ("shown", "shown = 1")


def upgrade() -> None:
    op.add_column("annotation", sa.Column("relations", sa.JSON(none_as_null=True)))
    _create()
    for name, columns in (
        ("shown", ["article_id", "rank"]),
        ("published", ["published_order", "article_id", "rank"]),
        ("source", ["source", "article_id", "rank"]),
        ("source_published", ["source", "published_order", "article_id", "rank"]),
        ("target", ["target", "article_id", "rank"]),
        ("target_published", ["target", "published_order", "article_id", "rank"]),
        ("pair", ["source", "target", "article_id", "rank"]),
        ("pair_published", ["source", "target", "published_order", "article_id", "rank"]),
        ("publisher", ["publisher", "article_id", "rank"]),
        ("counts", ["source", "target", "model", "month", "day", "stance", "standing", "shown"]),
    ):
        _where(f"ix_relation_{name}", columns, *SHOWN)
    op.create_index("ix_relation_model", "relation", ["model", "article_id", "rank"])
    op.create_index("ix_relation_model_pair", "relation", ["model", "source", "target", "article_id", "rank"])
    grouped = ["duplicate_group", "source", "target", "article_id"]
    _where("ix_relation_duplicate_group", grouped, "duplicate_group IS NOT NULL", "duplicate_group IS NOT NULL")


def downgrade() -> None:
    op.drop_table("relation")
    # SQLite drops a column in place, where a copy of the table would have to bring back every index.
    op.execute("ALTER TABLE annotation DROP COLUMN relations")


def _create() -> None:
    op.create_table(
        "relation",
        sa.Column("annotation_id", IDENTIFIER, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("standing", sa.SmallInteger, nullable=False),
        sa.Column("article_id", IDENTIFIER, nullable=False),
        sa.Column("published_order", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("month", sa.Integer, nullable=False),
        sa.Column("publisher", EXACT_TEXT),
        sa.Column("language", EXACT_TEXT, nullable=False),
        sa.Column("duplicate_group", IDENTIFIER),
        sa.Column("source", EXACT_TEXT, nullable=False),
        sa.Column("target", EXACT_TEXT, nullable=False),
        sa.Column("stance", sa.String(16), nullable=False),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("model", EXACT_TEXT, nullable=False),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("annotation_id", "rank", name="pk_relation"),
        sa.ForeignKeyConstraint(["annotation_id"], ["annotation.id"], name="fk_relation_annotation_id", ondelete="CASCADE"),
    )


def _where(name: str, columns: list[str], condition: str, on_sqlite: str) -> None:
    op.create_index(name, "relation", columns, postgresql_where=sa.text(condition), sqlite_where=sa.text(on_sqlite))
