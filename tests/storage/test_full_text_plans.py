"""What PostgreSQL reads to answer `q`. SQLite has one way only."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from app.domain.records import Filter, Sort
from app.domain.textquery import TextQuery
from app.storage import articles
from app.storage.database import Session, Store
from app.storage.keyset import Statement
from tests.storage.test_plans import Explain, page

ARTICLES = 20_000
INDEX = "ix_searchable_words"
MOST_BLOCKS = 10_000
"""That a page may read. Those of all words are 80,000, because each value of the column stands in blocks outside its row."""

# A word in 30% of articles, in 0.25%, in 0.05%; two in 5% each that stand together in 53 articles; two that do so in 10%; and 80
# of 4,000 others, so that a value is too long to be kept in its row, as those of real articles are.
WORDS = """
ARRAY['always', CASE WHEN n % 10 < 3 THEN 'common' END, CASE WHEN n % 400 = 7 THEN 'seldom' END,
CASE WHEN n % 2000 = 0 THEN 'rare' END, CASE WHEN n % 20 = 0 THEN 'peace' END,
CASE WHEN n % 19 = 0 THEN 'treaty' END, CASE WHEN n % 2 = 0 THEN 'with' END, CASE WHEN n % 5 = 0 THEN 'all' END]
|| ARRAY(SELECT md5(((n * 7919 + i * i) % 4000)::text) FROM generate_series(1, 80) i)
"""
ROWS = f"""
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT n, lpad(to_hex(n), 32, '0')::uuid AS id FROM generate_series(1, {ARTICLES}) n;
INSERT INTO article (id, identity, revision, status, created_at, updated_at, published_order, metadata)
SELECT id, uuid_send(id) || uuid_send(id), 1, 'annotated', now(), now(), n, '{{}}' FROM made;
INSERT INTO revision (article_id, number, created_at, text_digest, body)
SELECT id, 1, now(), uuid_send(id) || uuid_send(id), 'Peace.' FROM made;
INSERT INTO stance (annotation_id, rank, article_id, published_order, country, shown, kinds, mention_count, salience,
    favor, neutral, against, name, model)
SELECT id, rank, id, n, chr(65 + n % 26) || chr(65 + rank), true, 1, 1, 0.5, 0.2, 0.3, 0.5, 'Country', 'made@000000000001'
FROM made, generate_series(0, 2) rank;
INSERT INTO searchable (article_id, words) SELECT id, array_to_tsvector(array_remove({WORDS}, NULL)) FROM made;
"""

SELECTIVE = ("rare", "rare -common", '"peace treaty"', '"with all"')
STAND_IN = {"common": 6_000, "peace": 1_000, "seldom": 50, "peace treaty": 53, "-common": 14_000}
"""How many articles."""

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def filled(store: Store) -> Store:
    with store.transaction() as session:
        # Without looking up foreign keys, of which annotations are not there.
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in ROWS.split(";")[:-1]:
            session.execute(text(statement.replace(":", r"\:")))
        session.execute(text("ANALYZE"))
    return store


def lists(q: str) -> dict[str, Statement]:
    wanted = Filter(q=TextQuery.parse(q))
    return {kind: page(wanted, Sort.CREATED_AT, of_articles=kind == "articles") for kind in ("articles", "stances")}


def with_words(q: str) -> Statement:
    """All articles, in no order: a page looks up its keys first, and expects no more of them than it has rows."""
    return articles.listed(Filter(q=TextQuery.parse(q)))


def test_a_page_reads_no_more_words_than_it_needs(filled: Store) -> None:
    with filled.reading() as session:
        plans = {
            (kind, q): explained(session, statement)
            for q in (*SELECTIVE, "common", "-common", "-rare")
            for kind, statement in lists(q).items()
        }
        expected = {q: explained(session, with_words(q))["Plan Rows"] for q in STAND_IN}
    by_index = {asked for asked, plan in plans.items() if INDEX in json.dumps(plan)}
    assert by_index == {(kind, q) for kind, q in plans if q in SELECTIVE}
    blocks = {asked: plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for asked, plan in plans.items()}
    assert {asked: count for asked, count in blocks.items() if count > MOST_BLOCKS} == {}
    assert expected == pytest.approx(STAND_IN, rel=0.2)


def explained(session: Session, statement: Statement) -> dict[str, Any]:
    explain = Explain(statement, on_postgresql="ANALYZE, BUFFERS, FORMAT JSON")
    cursor = session.connection().execute(explain).cursor
    assert cursor
    ((found,),) = cursor.fetchall()
    plan: dict[str, Any] = found[0]["Plan"]
    return plan
