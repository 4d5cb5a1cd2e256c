"""The counts of months and of pairs: what counting the stances gives, whoever wrote them, and whatever is added up meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import anyio
import pytest
from alembic import command
from sqlalchemy import text

from app.domain.values import CountryCode, Stance, Verdict
from app.services.condense import condense
from app.services.correct import correct
from app.services.ingest import ingest
from app.services.remove import remove
from app.storage import schema
from app.storage.database import Store
from app.storage.engine import WRITES, open_engine
from tests.samples import annotation, judgement, submission
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio
SHOWN = "SELECT * FROM stance WHERE shown IS TRUE AND standing < 2"
UNDECIDED = "coalesce({}.stance, 'undecided')"
STANCES = {
    "stance_month": f"SELECT country, month, model, {UNDECIDED.format('shown')}, count(*) FROM ({SHOWN}) AS shown",
    "stance_pair": f"SELECT one.country, other.country, {UNDECIDED.format('one')}, {UNDECIDED.format('other')}, count(*)"
    f" FROM ({SHOWN}) AS one, ({SHOWN}) AS other"
    " WHERE one.annotation_id = other.annotation_id AND one.country < other.country",
}
TOWARD_BESIDE = " UNION ALL ".join(
    f"SELECT country, beside, stance, '{stance}' AS beside_stance, {stance} AS articles FROM stance_pair"
    for stance in ("favor", "neutral", "against", "undecided")
)
SUMS = {
    "stance_month": "SELECT country, month, model, stance, sum(articles) FROM stance_month",
    "stance_pair": f"SELECT country, beside, stance, beside_stance, sum(articles) FROM ({TOWARD_BESIDE}) AS each",
}

Counts = dict[str, list[tuple[object, ...]]]


def counted(store: Store) -> Counts:
    """From the stances themselves."""
    return {table: asked(store, f"{found} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4") for table, found in STANCES.items()}


def kept(store: Store) -> Counts:
    grouped = "{} GROUP BY 1, 2, 3, 4 HAVING sum(articles) <> 0 ORDER BY 1, 2, 3, 4"
    return {table: asked(store, grouped.format(found)) for table, found in SUMS.items()}


def lengths(counts: Counts) -> tuple[int, int]:
    return len(counts["stance_month"]), len(counts["stance_pair"])


def rows(store: Store) -> tuple[int, int]:
    ((months,),), ((pairs,),) = (asked(store, f"SELECT count(*) FROM {table}") for table in SUMS)
    return int(str(months)), int(str(pairs))


def total(store: Store, table: str) -> int:
    return sum(int(str(row[-1])) for row in kept(store)[table])


def asked(store: Store, question: str) -> list[tuple[object, ...]]:
    with store.reading() as session:
        return [tuple(row) for row in session.execute(text(question))]


async def stored(store: Store, first: int, count: int) -> list[str]:
    said = annotation(judgement("CN", Stance.AGAINST), judgement("DE", None))
    outcomes = await ingest(store, [(submission(f"Number {number} is told of."), said) for number in range(first, first + count)])
    return [outcome.article_id for outcome in outcomes]


async def test_they_follow_what_is_stored_corrected_and_deleted(store: Store, annotator: DictionaryAnnotator) -> None:
    first, second = await stored(store, 0, 2)
    await stored(store, 2, 2)
    assert kept(store) == counted(store) and lengths(kept(store)) == (2, 1)
    await correct(store, annotator, first, Verdict(CountryCode("CN"), present=True, stance=Stance.FAVOR))
    assert kept(store) == counted(store) and lengths(kept(store)) == (3, 2)
    await correct(store, annotator, first, Verdict(CountryCode("DE"), present=False, stance=None))
    assert kept(store) == counted(store) and lengths(kept(store)) == (3, 1)
    await correct(store, annotator, first, Verdict(CountryCode("FR"), present=True, stance=Stance.FAVOR))
    assert kept(store) == counted(store) and lengths(kept(store)) == (4, 2)
    await remove(store, second)
    assert kept(store) == counted(store)
    assert (total(store, "stance_month"), total(store, "stance_pair")) == (2 + 2 + 2, 1 + 2)


async def test_to_add_them_up_changes_no_count_and_leaves_one_row_of_each(store: Store) -> None:
    articles = [await stored(store, number, 1) for number in range(5)]
    await remove(store, articles[0][0])
    before = kept(store)
    await condense(store)
    assert kept(store) == before == counted(store)
    assert rows(store) == lengths(before)
    for (article_id,) in articles[1:]:
        await remove(store, article_id)
    await condense(store)
    assert rows(store) == (0, 0)


async def test_several_who_add_up_while_others_write_lose_nothing(store: Store) -> None:
    await stored(store, 0, 20)

    def work(number: int) -> None:
        anyio.run(condense, store) if number % 2 else anyio.run(stored, store, 20 + number, 1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(24)))
    assert kept(store) == counted(store)
    assert (total(store, "stance_month"), total(store, "stance_pair")) == (2 * (20 + 12), 20 + 12)


async def test_a_migration_counts_what_is_there(store: Store, database_url: str) -> None:
    await stored(store, 0, 3)
    engine = open_engine(database_url, foreign_keys=False)
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        command.downgrade(schema.alembic_config(connection), "20261203")
    engine.dispose()
    await stored(store, 3, 2)
    schema.migrate(database_url)
    assert kept(store) == counted(store) and lengths(kept(store)) == (2, 1)
    assert UUID((await stored(store, 5, 1))[0])
    assert kept(store) == counted(store)
