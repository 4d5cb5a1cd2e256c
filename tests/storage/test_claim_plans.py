"""Each question about claims uses the index that is made for it."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text

from app.domain.claim_records import ClaimFilter
from app.domain.claims import ClaimStance
from app.domain.jobs import JobKind
from app.domain.records import Filter, Sort, now
from app.domain.values import ArticleStatus
from app.storage import bulk, claim_stances, claims, ids, jobs, vectors
from app.storage.claim_tables import ClaimRow, ClaimStanceRow
from app.storage.database import Session, Store
from app.storage.keyset import Statement
from app.storage.tables import ArticleRow, RevisionRow, UncomparedRow, VectorsRow
from tests.storage.test_plans import NO_SORTING, planned

ARTICLES, CLAIMS, OF_EACH = 3_000, 20, 300
CLAIM = UUID("01932c0e-7a11-7f52-b8d4-1c9e8f7a6b5d")
ALL, SAYING = ClaimFilter(Filter()), ClaimFilter(Filter(), (ClaimStance.DISAGREE,))
MODEL = "m@000000000000"


def page(wanted: ClaimFilter, sort: Sort) -> Statement:
    return claim_stances.ORDERS[sort].page(claim_stances.listed(CLAIM, wanted), after=None, limit=50)


UNSORTED = {
    "what articles say of a claim": (page(ALL, Sort.CREATED_AT), "ix_claim_stance_listed"),
    "what they say by publication": (page(ALL, Sort.PUBLISHED_AT), "ix_claim_stance_published"),
    "what those of a publisher say": (page(ClaimFilter(Filter(publisher="P7")), Sort.CREATED_AT), "ix_claim_stance_publisher"),
    "all claims": (claims.NEWEST.page(claims.listed(), after=None, limit=50), "pk_claim|autoindex_claim"),
    "who waits to be compared": (vectors.longest_waiting(MODEL, 256), "ix_uncompared_article_model"),
    "stored articles beside a claim": (
        vectors.stored(Filter(), after=CLAIM, model=MODEL, limit=2_048),
        "pk_article_vectors|autoindex_article_vectors",
    ),
}
OTHERS = {
    "what disagrees": (page(SAYING, Sort.CREATED_AT), "ix_claim_stance_(listed|counts)"),
    "an older one of a group": (page(ClaimFilter(Filter(), collapse=True), Sort.CREATED_AT), "ix_claim_stance_duplicate_group"),
    "a range of publication": (
        page(ClaimFilter(Filter(published_from=datetime(1950, 1, 1, tzinfo=UTC))), Sort.PUBLISHED_AT),
        "ix_claim_stance_published",
    ),
    "a claim by what it says": (claims.equal("x", Filter()), "uq_claim_digest|autoindex_claim"),
    "the claim of a job": (claims.of_job(CLAIM), "uq_claim_job_id|autoindex_claim"),
    "what an article says of claims": (claim_stances.of_articles([CLAIM]), "ix_claim_stance_article_id"),
    "what is known of some articles": (
        claim_stances.read_already(CLAIM, [CLAIM]),
        "pk_claim_stance|autoindex_claim_stance|ix_claim_s",
    ),
    "the vectors of some articles": (vectors.of([CLAIM], MODEL), "pk_article_vectors|autoindex_article_vectors"),
}
COUNTS = {
    "how many say what": (claims.counts([CLAIM]), "ix_claim_stance_counts"),
}


@pytest.fixture
def filled(store: Store) -> Store:
    chance = random.Random(3)
    with store.transaction() as session:
        article_ids = add_articles(session)
        add_claims(session, article_ids, chance)
    with store.transaction() as session:
        session.execute(text("ANALYZE"))
        if store.engine.dialect.name == "postgresql":
            session.execute(text("UPDATE pg_class SET relallvisible = relpages WHERE relname = 'claim_stance'"))
    return store


def add_articles(session: Session) -> list[UUID]:
    article_ids, moment = [ids.new() for _ in range(ARTICLES)], now()
    rows = [
        {
            **{"id": each, "identity": each.bytes, "revision": 1, "status": ArticleStatus.ANNOTATED, "created_at": moment},
            **{"updated_at": moment, "published_order": 0, "publisher": f"P{place % 50}", "read_language": "en", "details": {}},
        }
        for place, each in enumerate(article_ids)
    ]
    bulk.insert(session, ArticleRow, rows)
    text_of = {"number": 1, "created_at": moment, "text_digest": bytes(16), "title": None, "body": "b"}
    bulk.insert(session, RevisionRow, [{"article_id": each, **text_of} for each in article_ids])
    made = [{"article_id": each, "model": MODEL, "revision": 1, "vectors": bytes(640)} for each in article_ids]
    bulk.insert(session, VectorsRow, made)
    # Few are for this version; the others were left by one that is gone.
    left = [{**row, "model": MODEL if place % 30 == 0 else "gone@000000000000"} for place, row in enumerate(made)]
    bulk.insert(session, UncomparedRow, vectors.uncompared(left))
    return article_ids


def add_claims(session: Session, article_ids: list[UUID], chance: random.Random) -> None:
    for number in range(CLAIMS):
        claim_id, job_id = (CLAIM if number == 0 else ids.new()), ids.new()
        session.execute(jobs.insertion(jobs.row(job_id, JobKind.CLAIM, key=None)))
        row = claims.row(claim_id, f"claim {number}", Filter(), job_id=job_id)
        session.execute(insert(ClaimRow).values(row | {"vector": bytes(64), "vectors_of": MODEL, "model": MODEL}))
        bulk.insert(session, ClaimStanceRow, [stance(claim_id, each, chance) for each in chance.sample(article_ids, OF_EACH)])


def stance(claim_id: UUID, article_id: UUID, chance: random.Random) -> dict[str, object]:
    said, day = chance.choices(list(ClaimStance), (1, 1, 1, 7))[0], chance.randrange(700_000, 740_000)
    return {
        **{"claim_id": claim_id, "article_id": article_id, "revision": 1, "judged_at": now(), "model": MODEL, "passages": 3},
        **{"published_order": day * 86_400_000_000, "day": day, "publisher": f"P{chance.randrange(50)}", "language": "en"},
        **{"duplicate_group": article_id if chance.random() < 0.1 else None, "related": said is not ClaimStance.UNRELATED},
        **{"stance": said, "probability": 0.7, "agree": 0.1, "disagree": 0.1, "discuss": 0.1, "unrelated": 0.7, "evidence": []},
    }


def test_every_question_about_claims_uses_the_index_made_for_it(filled: Store) -> None:
    plans = planned(filled, UNSORTED, without=NO_SORTING) | planned(filled, OTHERS, without=("seqscan",))
    plans |= planned(filled, COUNTS, without=("seqscan", "bitmapscan"))
    assert {name: plan for name, (plan, index) in plans.items() if not re.search(index, plan)} == {}


def test_the_order_of_what_articles_say_comes_from_an_index(filled: Store) -> None:
    plans = planned(filled, UNSORTED, without=NO_SORTING)
    assert {name: plan for name, (plan, _) in plans.items() if re.search("Sort|TEMP B-TREE", plan)} == {}


def test_unrelated_ones_are_in_no_index_of_the_lists(filled: Store) -> None:
    with filled.reading() as session:
        related = select(func.count()).where(ClaimStanceRow.claim_id == CLAIM, ClaimStanceRow.related)
        assert 0 < (session.scalar(related) or 0) < OF_EACH / 2
