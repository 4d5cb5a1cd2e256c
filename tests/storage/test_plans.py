from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ClauseElement, Executable, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from app.domain.jobs import ChunkState, FailureKind, JobFailure, JobKind, Priority
from app.domain.records import Dimension, Filter, Interval, Sort, StoredArticle, now
from app.domain.relations import RelationFilter
from app.domain.textquery import TextQuery
from app.domain.values import ArticleStatus, CountryCode, JudgedBy, PublicationTime, Relation, Stance, Verdict
from app.domain.webhooks import DeliveryState, WebhookEvent
from app.services import index
from app.services.submit import add_annotation
from app.storage import annotations as annotated
from app.storage import (
    articles,
    batches,
    chunks,
    corrections,
    counts,
    exports,
    groups,
    ids,
    jobs,
    lists,
    matrix,
    searchable,
    sharing,
    texts,
    webhooks,
)
from app.storage.database import Session, Store
from app.storage.keyset import Statement
from app.storage.tables import ArticleRow, RelationRow
from tests.samples import MODEL, annotation, judgement, relation, submission

NEWEST, PUBLISHED = Sort.CREATED_AT, Sort.PUBLISHED_AT
CN = Filter(countries=(CountryCode("CN"),))
TWO = Filter(countries=(CountryCode("CN"), CountryCode("KA")))
MONTHS = replace(CN, published_from=datetime(2024, 1, 1, tzinfo=UTC))
MONTH = replace(MONTHS, published_to=datetime(2024, 1, 31, tzinfo=UTC))
QUARTER = replace(MONTHS, published_to=datetime(2024, 4, 1, tzinfo=UTC))
WORD = Filter(q=TextQuery.parse("w7"))
WORD_OF_CN = replace(WORD, countries=CN.countries)
FROM, TO = RelationFilter(sources=CN.countries), RelationFilter(targets=CN.countries)
PAIR = RelationFilter(sources=CN.countries, targets=(CountryCode("KA"),))
TWO_PAIRS = replace(PAIR, sources=TWO.countries, targets=(CountryCode("UB"),))
# All articles are older than this one. Where none were left, any index would do as well.
LAST = "ffffffff-ffff-7fff-bfff-ffffffffffff"
AFTER: dict[Sort, list[Any]] = {NEWEST: [LAST, 1], PUBLISHED: [65_000_000_000_000_000, LAST, 1]}
ID = ids.new()
CODES = [a + b for a in "ACKU" for b in "ABCDNSZ"]


def page(wanted: Filter, sort: Sort, *, of_articles: bool = False) -> Statement:
    statement, _ = (lists.ARTICLES if of_articles else lists.STANCES).page(wanted, sort, after=None, limit=50)
    return statement


def second_page(wanted: Filter, sort: Sort) -> Statement:
    statement, place = lists.STANCES.page(wanted, sort, after=AFTER[sort], limit=50)
    return statement.params(place)


def related(wanted: RelationFilter, sort: Sort, *, after: Sequence[Any] | None = None) -> Statement:
    statement, place = lists.RELATIONS.page(wanted, sort, after=after, limit=50)
    return statement.params(place)


# SQLite has names of its own for the indexes of constraints.
UNSORTED = {
    "articles by publication": (page(Filter(), PUBLISHED, of_articles=True), "ix_article_published_order_id"),
    "articles of a publisher": (page(Filter(publisher="P7"), NEWEST, of_articles=True), "ix_article_publisher_id"),
    "the newest stances": (page(Filter(), NEWEST), "ix_stance_shown"),
    "stances toward a country": (page(CN, NEWEST), "ix_stance_country"),
    "more stances toward a country": (second_page(CN, NEWEST), "ix_stance_country"),
    "stances toward a country by publication": (page(CN, PUBLISHED), "ix_stance_country_published"),
    "more stances toward a country by publication": (second_page(CN, PUBLISHED), "ix_stance_country_published"),
    "stances by publication": (page(Filter(), PUBLISHED), "ix_stance_published"),
    "stances of a model": (page(Filter(model=MODEL), NEWEST), r"ix_stance_model\b(?!_)"),
    "stances of a model toward a country": (page(replace(CN, model=MODEL), NEWEST), "ix_stance_model_country"),
    "stances in a publisher": (page(Filter(publisher="P7"), NEWEST), "ix_stance_publisher"),
    "stances that reviewers judged": (page(Filter(judged_by=JudgedBy.HUMAN), NEWEST), "ix_stance_human"),
    "the newest relations": (related(RelationFilter(), NEWEST), "ix_relation_shown"),
    "relations by publication": (related(RelationFilter(), PUBLISHED), r"ix_relation_published"),
    "relations of a country": (related(FROM, NEWEST), r"ix_relation_source\b(?!_)"),
    "more relations of a country": (related(FROM, NEWEST, after=AFTER[NEWEST]), r"ix_relation_source\b(?!_)"),
    "relations of a country by publication": (related(FROM, PUBLISHED), "ix_relation_source_published"),
    "relations toward a country": (related(TO, NEWEST), r"ix_relation_target\b(?!_)"),
    "relations toward a country by publication": (related(TO, PUBLISHED), "ix_relation_target_published"),
    "relations of a country toward another": (related(PAIR, NEWEST), r"ix_relation_pair\b(?!_)"),
    "relations of a pair by publication": (related(PAIR, PUBLISHED), "ix_relation_pair_published"),
    "more of a pair by publication": (related(PAIR, PUBLISHED, after=AFTER[PUBLISHED]), "ix_relation_pair_published"),
    "relations in a publisher": (related(RelationFilter(publisher="P7"), NEWEST), "ix_relation_publisher"),
    "relations of a model": (related(RelationFilter(model=MODEL), NEWEST), r"ix_relation_model\b(?!_)"),
    "relations of a model and a pair": (related(replace(PAIR, model=MODEL), NEWEST), "ix_relation_model_pair"),
    "articles about a country": (page(CN, NEWEST, of_articles=True), "ix_stance_country"),
    "articles about a country by publication": (page(CN, PUBLISHED, of_articles=True), "ix_stance_country_published"),
}
OTHERS = {
    "an article by identity": (articles.identified(b"x" * 16), "uq_article_identity|sqlite_autoindex_article"),
    "what is shown of an article": (articles.found(ID), "uq_annotation_shown"),
    "annotations of an article": (annotated.of_article(ID), "uq_annotation_article_id|sqlite_autoindex_annotation"),
    "an article by url": (page(Filter(url="u7"), NEWEST, of_articles=True), "ix_article_url"),
    "an article by external id": (page(Filter(external_id="7"), NEWEST, of_articles=True), "ix_article_external_id"),
    "articles about two countries": (page(TWO, NEWEST, of_articles=True), "ix_stance_(shown|country)"),
    "a series": (counts.stances_over_time(CN, Interval.MONTH), "[ui][qx]_stance_month"),
    "a series by day": (counts.stances_over_time(CN, Interval.DAY), "ix_stance_co(unts|untry)"),
    "articles with a word": (page(WORD, NEWEST, of_articles=True), "ix_searchable_words|searchable_words"),
    "stances in articles with a word": (page(WORD, NEWEST), "ix_searchable_words|searchable_words"),
    "stances of a word and a country": (page(WORD_OF_CN, NEWEST), "ix_searchable_words|searchable_words"),
    # On PostgreSQL also where articles come first, whose range it does not infer.
    "the next part of an export": (
        exports.STANCES.batch(Filter(), mark=UUID(LAST), after=[str(ID), 1], limit=50),
        r"(?s)\bid >= '.*ix_stance_shown|ix_stance_shown.*\bid >= '|stance USING INDEX ix_stance_shown \(\(?article_id",
    ),
    "the words of an article": (searchable.removal(ID), "uq_searchable_article_id|sqlite_autoindex_searchable"),
    "an older stance of a group": (page(Filter(collapse=True), NEWEST), "ix_stance_duplicate_group"),
    "an older article of a group": (page(Filter(collapse=True), NEWEST, of_articles=True), "ix_article_duplicate_group"),
    "an older relation of a group": (related(RelationFilter(collapse=True), NEWEST), "ix_relation_duplicate_group"),
    "relations in articles with a word": (
        related(RelationFilter(q=WORD.q), NEWEST),
        "ix_searchable_words|searchable_words",
    ),
    "articles that share a band": (
        groups.proposed(2).params(groups.asked([1, 2], other_than=ID)),
        "ix_duplicate_band_band_article_id",
    ),
    "the bands of an article": (groups.removal(ID), "pk_duplicate_band|PRIMARY KEY"),
    "corrections of an article": (corrections.standing(ID), "ix_correction_article_id_id"),
    "all corrections": (
        corrections.NEWEST.page(corrections.listed(), after=None, limit=50),
        "pk_corr|autoindex_corr",
    ),
    "publishers": (counts.BY_NAME.page(counts.articles_by_publisher(), after=None, limit=50), "ix_article_publisher_id"),
    "which chunk is next": (chunks.due(now(), limit=4), "ix_job_chunk_waiting"),
    "how many articles wait": (chunks.backlog(), "ix_job_chunk_unfinished"),
    "what is left of a job": (jobs.unfinished(ID), "ix_job_chunk_job_id_state"),
    "how far jobs have come": (jobs.progress([ID], since=now()), "ix_job_chunk_job_id_state"),
    "failures of a job": (
        jobs.BY_LINE.page(jobs.failures_of(ID), after=None, limit=50),
        "pk_job_failure|sqlite_autoindex_job_failure",
    ),
    "a job by its key": (jobs.keyed("k"), "uq_job_idempotency_key|sqlite_autoindex_job"),
    "which deliveries are due": (webhooks.due(now(), limit=16), "ix_webhook_delivery_waiting"),
    "what a start has to show": (annotated.waiting("other@000000000002").limit(1), "ix_annotation_hidden"),
}
# A page of keys of each part, in the order of an index; what they have together is sorted.
PARTS = {
    "stances toward two countries": (page(TWO, NEWEST), r"ix_stance_country\b(?!_)"),
    "more stances toward two countries": (second_page(TWO, NEWEST), r"ix_stance_country\b(?!_)"),
    "stances toward two countries by publication": (page(TWO, PUBLISHED), "ix_stance_country_published"),
    "relations of two pairs": (related(TWO_PAIRS, NEWEST), r"ix_relation_pair\b(?!_)"),
    "relations of two pairs by publication": (related(TWO_PAIRS, PUBLISHED), "ix_relation_pair_published"),
    "relations of some months": (
        related(replace(FROM, published_from=MONTHS.published_from), NEWEST),
        "ix_relation_(shown|source|source_published|published)",
    ),
    "stances of one month": (page(MONTH, NEWEST), "ix_stance_country_month"),
    "more stances of one month": (second_page(MONTH, NEWEST), "ix_stance_country_month"),
    "stances of three months": (page(QUARTER, NEWEST), "(?s)(ix_stance_country_month.*){3}"),
    "stances toward two countries in three months": (
        page(replace(QUARTER, countries=TWO.countries), NEWEST),
        "(?s)(ix_stance_country_month.*){6}",
    ),
    "stances of some months": (page(MONTHS, NEWEST), "ix_stance_(shown|country)"),
}
# Of a few among all. On SQLite such a list must stand bare in WHERE, or it is asked of every row.
FEW = {
    "which articles share these bands": sharing.sharing([1, 2]),
    "bodies to compare": sharing.bodies([ID]),
    "articles by their identities": batches.stored([b"x" * 16]),
    "articles with a word": page(WORD, NEWEST, of_articles=True),
    "stances in articles with a word": page(WORD, NEWEST),
    "stances toward two countries": page(TWO, NEWEST),
    "relations of two pairs": related(TWO_PAIRS, NEWEST),
    "relations in articles with a word": related(RelationFilter(q=WORD.q), NEWEST),
}
# Over nearly all rows: a table of ten pages is as soon read as an index, one of a million articles is not.
COUNTS = {
    "a summary": (counts.stances_by(Filter(), [Dimension.COUNTRY, Dimension.MONTH], most=50_001), "[ui][qx]_stance_month"),
    "a summary by day": (counts.stances_by(Filter(), [Dimension.COUNTRY, Dimension.DAY], most=50_001), "ix_stance_counts"),
    "countries": (counts.articles_by_country(), "[ui][qx]_stance_month"),
    "a matrix": (matrix.counted(RelationFilter(), None, most=50_001), "ix_relation_counts"),
    "a matrix by day": (matrix.counted(RelationFilter(), Interval.DAY, most=50_001), "ix_relation_counts"),
    "the row of a country in some months": (
        matrix.counted(replace(FROM, published_from=MONTHS.published_from), Interval.MONTH, most=50_001),
        "ix_relation_counts",
    ),
    "countries beside another": (counts.related(Filter(), CountryCode("CN")), "(?s)[ui][qx]_stance_pair.*ix_stance_pair_beside"),
    "countries beside another in a publisher": (
        counts.related(Filter(publisher="P7"), CountryCode("CN")),
        "pk_stance|sqlite_autoindex_stance",
    ),
}


@pytest.fixture(scope="module")
def filled(shared_store: Store) -> Store:
    """A thousand articles, so that the planners have something to weigh."""
    store = shared_store
    chance = random.Random(7)
    with store.transaction() as session:
        for number in range(1_000):
            add(session, number, chance)
    with store.transaction() as session:
        # One page of a table is as soon read by any index.
        add_others(session, chance)
    with store.transaction() as session:
        session.execute(text("ANALYZE"))
        if store.engine.dialect.name == "postgresql":
            # An index is read alone only where rows are known to be visible to all, as they are a minute after they were written.
            session.execute(text("UPDATE pg_class SET relallvisible = relpages WHERE relname IN ('stance', 'relation')"))
    return store


def add(session: Session, number: int, chance: random.Random) -> None:
    identifier = ids.new()
    judged = [judgement(code, chance.choice([*Stance, None])) for code in chance.sample(CODES, 3)]
    between = [relation(*chance.sample(CODES, 2), chance.choice([Stance.FAVOR, Stance.AGAINST])) for _ in range(2)]
    given = submission(
        f"w{number} is {number}",
        external_id=str(number),
        url=f"u{number}",
        publisher=f"P{number % 50}",
        published=PublicationTime.at(date(2023, 1, 1) + timedelta(days=chance.randrange(730))),
    )
    article = StoredArticle(
        id=str(identifier),
        created_at=now(),
        updated_at=now(),
        revision=1,
        status=ArticleStatus.ANNOTATED,
        submission=given,
        annotation=annotated.new(identifier, revision=1, annotation=annotation(*judged, relations=distinct(between))),
    )
    for insertion in articles.insertions(article):
        session.execute(insertion)
    index.add(session, identifier, texts.traits(article.submission.text))
    add_annotation(session, article)


def distinct(relations: Sequence[Relation]) -> list[Relation]:
    return list({(each.source, each.target, each.stance): each for each in relations}.values())


def add_others(session: Session, chance: random.Random) -> None:
    """Three corrections an article, and twenty jobs with what belongs to them; one has not ended."""
    moment = now()
    for article_id in session.scalars(select(ArticleRow.id)).all():
        for code in chance.sample(CODES, 3):
            verdict = Verdict(CountryCode(code), present=True, stance=Stance.FAVOR)
            said = corrections.new(article_id, verdict, revision=1, name=code, reviewer="r", reason="because " * 10)
            session.execute(corrections.insertion(said))
    hook = webhooks.new("https://example.org", (WebhookEvent.JOB_FINISHED,), "secret")
    session.execute(webhooks.insertion(hook))
    for number in range(20):
        job_id = ids.new()
        session.execute(jobs.insertion(jobs.row(job_id, JobKind.IMPORT, key=f"k{number}")))
        rows = [chunks.row(job_id, (), moment, priority=Priority.BULK) for _ in range(100)]
        session.execute(chunks.insertion(), [{**row, "state": ChunkState.DONE} if number else row for row in rows])
        failures = [JobFailure(line, FailureKind.INVALID, None, "because " * 10, moment) for line in range(100)]
        session.execute(jobs.recording(), [jobs.failure(job_id, failed) for failed in failures])
        deliveries = [webhooks.delivery_row(hook, WebhookEvent.JOB_FINISHED, "{}" * 50, moment) for _ in range(50)]
        told = DeliveryState.DELIVERED if number else DeliveryState.WAITING
        session.execute(webhooks.telling(), [{**row, "state": told} for row in deliveries])


# For a thousand rows, reading and sorting all is cheaper. Asked is what PostgreSQL can do for a million.
NO_SORTING = ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort")


def test_every_query_uses_the_index_made_for_it(filled: Store) -> None:
    plans = planned(filled, UNSORTED, without=NO_SORTING) | planned(filled, OTHERS, without=("seqscan",))
    plans |= planned(filled, PARTS, without=NO_SORTING)
    plans |= planned(filled, COUNTS, without=("seqscan", "bitmapscan", "hashjoin"))
    assert {name: plan for name, (plan, index) in plans.items() if not re.search(index, plan)} == {}


def test_every_index_of_relations_is_asked_by_some_query() -> None:
    asked = "\n".join(index for queries in (UNSORTED, OTHERS, PARTS, COUNTS) for _, index in queries.values())
    names = {str(index.name) for index in RelationRow.__table__.indexes}  # type: ignore[attr-defined]
    assert {name for name in names if not re.search(rf"\b{name}\b", asked)} == set()


def test_what_asks_for_a_few_rows_goes_through_no_table(filled: Store) -> None:
    plans = planned(filled, {name: (statement, "") for name, statement in FEW.items()}, without=("seqscan",))
    # Of an index too: its name stands behind that of the table.
    whole = r"SCAN (article|revision|stance|relation|searchable|duplicate_band)\b|Seq Scan"
    assert {name: plan for name, (plan, _) in plans.items() if re.search(whole, plan)} == {}


def test_the_order_of_a_list_comes_from_its_index(filled: Store) -> None:
    plans = planned(filled, UNSORTED, without=NO_SORTING)
    assert {name: plan for name, (plan, _) in plans.items() if re.search("Sort|TEMP B-TREE", plan)} == {}


def planned(store: Store, queries: dict[str, tuple[Statement, str]], *, without: Sequence[str]) -> dict[str, tuple[str, str]]:
    with store.transaction() as session:
        if store.engine.dialect.name == "postgresql":
            for way in without:
                session.execute(text(f"SET LOCAL enable_{way} = off"))
        return {name: (plan(session, query), index) for name, (query, index) in queries.items()}


def plan(session: Session, query: Statement) -> str:
    # Straight from the driver, because the rows of a plan are not those of the query.
    cursor = session.connection().execute(Explain(query)).cursor
    return "\n".join(map(str, cursor.fetchall())) if cursor else ""


class Explain(Executable, ClauseElement):
    inherit_cache = False

    def __init__(self, statement: Statement, *, on_postgresql: str = "COSTS") -> None:
        self.statement, self.on_postgresql = statement, on_postgresql


@compiles(Explain)
def _explain(explain: Explain, compiler: SQLCompiler, **options: Any) -> str:
    words = "EXPLAIN QUERY PLAN" if compiler.dialect.name == "sqlite" else f"EXPLAIN ({explain.on_postgresql})"
    return f"{words} {compiler.process(explain.statement, **options)}"
