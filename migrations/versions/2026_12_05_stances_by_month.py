"""How many stances of each month a country has, kept by triggers: docs/decisions/0039-counts-of-months.md."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261205"
down_revision = "20261203"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = ["country", "month", "model", "stance"]
NAMES = ", ".join(KEY)


def upgrade() -> None:
    op.create_table(
        "stance_month",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), nullable=False),
        sa.Column("country", EXACT_TEXT, nullable=False),
        sa.Column("month", sa.Integer, nullable=False),
        sa.Column("model", EXACT_TEXT, nullable=False),
        sa.Column("stance", EXACT_TEXT, nullable=False),
        sa.Column("articles", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_stance_month"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("uq_stance_month", "stance_month", KEY, unique=True)
        for trigger in SQLITE:
            op.execute(trigger)
    else:
        op.create_index("ix_stance_month", "stance_month", KEY, postgresql_include=["articles"])
        for statement in POSTGRESQL:
            op.execute(statement)
    # After the triggers, which on PostgreSQL let nobody else write until all this is committed.
    op.execute(
        f"INSERT INTO stance_month ({NAMES}, articles) SELECT country, month, model, coalesce(stance, 'undecided'), count(*)"
        f" FROM stance WHERE shown {'= 1 ' if op.get_bind().dialect.name == 'sqlite' else ''}AND standing < 2"
        " GROUP BY 1, 2, 3, 4"
    )


def downgrade() -> None:
    for event in ("insert", "delete", "update"):
        if op.get_bind().dialect.name == "sqlite":
            for part in ("_from", "_to") if event == "update" else ("",):
                op.execute(f"DROP TRIGGER stance_month_{event}{part}")
        else:
            op.execute(f"DROP TRIGGER stance_month_{event} ON stance")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION stance_month_changed()")
    op.drop_table("stance_month")


def _on_sqlite(name: str, event: str, row: str, change: int) -> str:
    key = f"{row}.country, {row}.month, {row}.model, coalesce({row}.stance, 'undecided')"
    return (
        f"CREATE TRIGGER stance_month_{name} AFTER {event} ON stance WHEN {row}.shown = 1 AND {row}.standing < 2 BEGIN"
        f" INSERT INTO stance_month ({NAMES}, articles) VALUES ({key}, {change})"
        f" ON CONFLICT ({NAMES}) DO UPDATE SET articles = articles + {change}; END"
    )


_UPDATE = f"UPDATE OF {NAMES}, shown, standing"
SQLITE = (
    _on_sqlite("insert", "INSERT", "NEW", 1),
    _on_sqlite("delete", "DELETE", "OLD", -1),
    _on_sqlite("update_from", _UPDATE, "OLD", -1),
    _on_sqlite("update_to", _UPDATE, "NEW", 1),
)


def _changes(rows: str, change: int) -> str:
    return (
        f"SELECT country, month, model, coalesce(stance, 'undecided') AS stance, {change} AS change"
        f" FROM {rows} WHERE shown AND standing < 2"
    )


def _noted(changes: str) -> str:
    return (
        f"INSERT INTO stance_month ({NAMES}, articles) SELECT {NAMES}, sum(change) FROM ({changes}) AS each_change"
        f" GROUP BY {NAMES} HAVING sum(change) <> 0;"
    )


# Changes are added as rows of their own, so that no writer waits for another at the row of a busy country.
POSTGRESQL = (
    f"""
    CREATE FUNCTION stance_month_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN {_noted(_changes("new_rows", 1))}
        ELSIF TG_OP = 'DELETE' THEN {_noted(_changes("old_rows", -1))}
        ELSE {_noted(_changes("new_rows", 1) + " UNION ALL " + _changes("old_rows", -1))}
        END IF;
        RETURN NULL;
    END $$
    """,
    "CREATE TRIGGER stance_month_insert AFTER INSERT ON stance REFERENCING NEW TABLE AS new_rows"
    " FOR EACH STATEMENT EXECUTE FUNCTION stance_month_changed()",
    "CREATE TRIGGER stance_month_delete AFTER DELETE ON stance REFERENCING OLD TABLE AS old_rows"
    " FOR EACH STATEMENT EXECUTE FUNCTION stance_month_changed()",
    "CREATE TRIGGER stance_month_update AFTER UPDATE ON stance REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"
    " FOR EACH STATEMENT EXECUTE FUNCTION stance_month_changed()",
)
