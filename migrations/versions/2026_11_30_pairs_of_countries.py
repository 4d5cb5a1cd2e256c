"""How often two countries appear together, kept by triggers, and indexes for the list of a month and for rare words.

docs/decisions/0025-counts-of-pairs.md and 0027-lists-of-a-month.md say why.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261130"
down_revision = "20261205"
branch_labels = None
depends_on = None

EXACT_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = ["country", "beside", "stance"]
COUNTS = ["favor", "neutral", "against", "undecided"]
NAMES = ", ".join([*KEY, *COUNTS])
SHOWN = {"postgresql_where": sa.text("shown"), "sqlite_where": sa.text("shown = 1")}


def upgrade() -> None:
    op.create_index("ix_stance_country_month", "stance", ["country", "month", "article_id", "rank"], **SHOWN)
    op.create_table(
        "stance_pair",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), nullable=False),
        *(sa.Column(name, EXACT_TEXT, nullable=False) for name in KEY),
        *(sa.Column(name, sa.Integer, nullable=False) for name in COUNTS),
        sa.PrimaryKeyConstraint("number", name="pk_stance_pair"),
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if on_sqlite:
        op.create_index("uq_stance_pair", "stance_pair", KEY, unique=True)
        op.create_index("ix_searchable_number", "searchable", ["number", "article_id"])
    else:
        op.create_index("ix_stance_pair", "stance_pair", KEY, postgresql_include=COUNTS)
    op.create_index("ix_stance_pair_beside", "stance_pair", ["beside", "country"])
    for statement in SQLITE if on_sqlite else POSTGRESQL:
        op.execute(statement)
    # After the triggers, which on PostgreSQL let nobody else write until all this is committed.
    counted = ", ".join(f"count(*) FILTER (WHERE coalesce(other.stance, 'undecided') = '{stance}')" for stance in COUNTS)
    op.execute(
        f"INSERT INTO stance_pair ({NAMES})"
        f" SELECT one.country, other.country, coalesce(one.stance, 'undecided'), {counted}"
        " FROM stance AS one JOIN stance AS other ON other.annotation_id = one.annotation_id AND other.country > one.country"
        f" WHERE {_counts('one', on_sqlite)} AND {_counts('other', on_sqlite)} GROUP BY 1, 2, 3"
    )
    if on_sqlite and sa.inspect(op.get_bind()).has_table("sqlite_stat1"):
        # In a file that somebody has analysed, an index without statistics is taken for a better one than it is.
        for index in ("ix_stance_country_month", "uq_stance_pair", "ix_stance_pair_beside", "ix_searchable_number"):
            op.execute(f"ANALYZE {index}")


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for event in ("insert", "delete", "update"):
        if on_sqlite:
            for part in ("_from", "_to") if event == "update" else ("",):
                op.execute(f"DROP TRIGGER stance_pair_{event}{part}")
        else:
            op.execute(f"DROP TRIGGER stance_pair_{event} ON stance")
    if not on_sqlite:
        op.execute("DROP FUNCTION stance_pair_changed()")
    else:
        op.drop_index("ix_searchable_number", "searchable")
    op.drop_table("stance_pair")
    op.drop_index("ix_stance_country_month", "stance")


def _counts(row: str, on_sqlite: bool) -> str:
    return f"{row}.shown{' = 1' if on_sqlite else ''} AND {row}.standing < 2"


def _on_sqlite(name: str, event: str, row: str, change: int) -> str:
    """Row by row: each is counted with those that are there beside it just then, so that a pair is counted once."""
    own, others = (f"coalesce({each}.stance, 'undecided')" for each in (row, "other"))
    ordered = f"CASE WHEN {row}.country < other.country THEN {{}} ELSE {{}} END"
    toward_beside = ordered.format(others, own)
    counts = ", ".join(f"({toward_beside} = '{stance}') * {change}" for stance in COUNTS)
    added = ", ".join(f"{name} = {name} + excluded.{name}" for name in COUNTS)
    return (
        f"CREATE TRIGGER stance_pair_{name} AFTER {event} ON stance WHEN {_counts(row, True)} BEGIN"
        f" INSERT INTO stance_pair ({NAMES})"
        f" SELECT min({row}.country, other.country), max({row}.country, other.country), {ordered.format(own, others)}, {counts}"
        f" FROM stance AS other WHERE other.annotation_id = {row}.annotation_id AND other.country <> {row}.country"
        f" AND other.rowid <> {row}.rowid AND {_counts('other', True)}"
        f" ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {added}; END"
    )


_UPDATE = "UPDATE OF country, stance, shown, standing"
SQLITE = (
    _on_sqlite("insert", "INSERT", "NEW", 1),
    _on_sqlite("delete", "DELETE", "OLD", -1),
    _on_sqlite("update_from", _UPDATE, "OLD", -1),
    _on_sqlite("update_to", _UPDATE, "NEW", 1),
)

_SAID = "country, coalesce(stance, 'undecided') AS stance"


def _weighed(rows: str, after: int, before: int) -> str:
    return f"SELECT annotation_id, {_SAID}, {after} AS after, {before} AS before FROM {rows} WHERE {_counts(rows, False)}"


def _noted(changed: str, *weighed: str) -> str:
    """Of each annotation that the statement touched, the pairs there are now, less those that there were before.

    What was there before is what is there now, without the new rows and with the old ones. Put together as arrays and looked up
    one annotation after the other: a plan is made once a session, perhaps for one row, and no other would do for thousands.
    """
    now = (
        f"SELECT there.annotation_id, there.country, there.stance, 1 AS after, 1 AS before FROM ({changed}) AS touched,"
        f" LATERAL (SELECT annotation_id, {_SAID} FROM stance WHERE stance.annotation_id = touched.annotation_id"
        f" AND {_counts('stance', False)} OFFSET 0) AS there"
    )
    rows = " UNION ALL ".join([now, *weighed])
    kept = (
        f"SELECT annotation_id, country, stance, sum(after) AS after, sum(before) AS before FROM ({rows}) AS weighed"
        " GROUP BY 1, 2, 3 HAVING sum(after) <> 0 OR sum(before) <> 0"
    )
    arrays = ", ".join(f"array_agg({name}) AS {name}" for name in ("country", "stance", "after", "before"))
    change = "after[i] * after[j] - before[i] * before[j]"
    sums = [f"coalesce(sum({change}) FILTER (WHERE stance[j] = '{stance}'), 0)" for stance in COUNTS]
    return (
        f"INSERT INTO stance_pair ({NAMES}) SELECT country[i], country[j], stance[i], {', '.join(sums)}"
        f" FROM (SELECT {arrays} FROM ({kept}) AS kept GROUP BY annotation_id HAVING count(*) > 1) AS said,"
        " generate_subscripts(country, 1) AS i, generate_subscripts(country, 1) AS j"
        f" WHERE country[i] < country[j] AND {change} <> 0 GROUP BY 1, 2, 3;"
    )


_NEW, _OLD = _weighed("new_rows", 0, -1), _weighed("old_rows", 0, 1)
_TOUCHED = "SELECT DISTINCT annotation_id FROM {rows}"
_BOTH = "SELECT annotation_id FROM new_rows UNION SELECT annotation_id FROM old_rows"

# Changes are added as rows of their own, so that no writer waits for another at the row of two busy countries. Without
# sequential scans, or a session that began with an empty table would go through all of a large one for each article.
POSTGRESQL = (
    f"""
    CREATE FUNCTION stance_pair_changed() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN {_noted(_TOUCHED.format(rows="new_rows"), _NEW)}
        ELSIF TG_OP = 'DELETE' THEN {_noted(_TOUCHED.format(rows="old_rows"), _OLD)}
        ELSE {_noted(_BOTH, _NEW, _OLD)}
        END IF;
        RETURN NULL;
    END $$
    """,
    "CREATE TRIGGER stance_pair_insert AFTER INSERT ON stance REFERENCING NEW TABLE AS new_rows"
    " FOR EACH STATEMENT EXECUTE FUNCTION stance_pair_changed()",
    "CREATE TRIGGER stance_pair_delete AFTER DELETE ON stance REFERENCING OLD TABLE AS old_rows"
    " FOR EACH STATEMENT EXECUTE FUNCTION stance_pair_changed()",
    "CREATE TRIGGER stance_pair_update AFTER UPDATE ON stance REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"
    " FOR EACH STATEMENT EXECUTE FUNCTION stance_pair_changed()",
)
