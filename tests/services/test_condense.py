"""The counts of months: always what counting the stances gives, whoever wrote them, and whatever is added up meanwhile."""

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
KEY = "country, month, model, coalesce(stance, 'undecided')"


def counted(store: Store) -> list[tuple[object, ...]]:
    """From the stances themselves."""
    shown = "shown = 1" if store.engine.dialect.name == "sqlite" else "shown"
    return asked(
        store, f"SELECT {KEY}, count(*) FROM stance WHERE {shown} AND standing < 2 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
    )


def kept(store: Store) -> list[tuple[object, ...]]:
    sums = f"SELECT {KEY}, sum(articles) FROM stance_month GROUP BY 1, 2, 3, 4 HAVING sum(articles) <> 0 ORDER BY 1, 2, 3, 4"
    return asked(store, sums)


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
    assert kept(store) == counted(store) and len(kept(store)) == 2
    await correct(store, annotator, first, Verdict(CountryCode("CN"), present=True, stance=Stance.FAVOR))
    await correct(store, annotator, first, Verdict(CountryCode("DE"), present=False, stance=None))
    assert kept(store) == counted(store) and len(kept(store)) == 3
    await remove(store, second)
    assert kept(store) == counted(store)
    assert sum(row[-1] for row in kept(store)) == 1 + 2 + 2


async def test_to_add_them_up_changes_no_count_and_leaves_one_row_of_each(store: Store) -> None:
    articles = [await stored(store, number, 1) for number in range(5)]
    await remove(store, articles[0][0])
    before = kept(store)
    await condense(store)
    assert kept(store) == before == counted(store)
    assert asked(store, "SELECT count(*) FROM stance_month") == [(len(before),)]
    for (article_id,) in articles[1:]:
        await remove(store, article_id)
    await condense(store)
    assert asked(store, "SELECT count(*) FROM stance_month") == [(0,)]


async def test_several_who_add_up_while_others_write_lose_nothing(store: Store) -> None:
    await stored(store, 0, 20)

    def work(number: int) -> None:
        anyio.run(condense, store) if number % 2 else anyio.run(stored, store, 20 + number, 1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(24)))
    assert kept(store) == counted(store)
    assert sum(row[-1] for row in kept(store)) == 2 * (20 + 12)


async def test_a_migration_counts_what_is_there(store: Store, database_url: str) -> None:
    await stored(store, 0, 3)
    engine = open_engine(database_url, foreign_keys=False)
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        command.downgrade(schema.alembic_config(connection), "20261203")
    engine.dispose()
    await stored(store, 3, 2)
    schema.migrate(database_url)
    assert kept(store) == counted(store) and len(kept(store)) == 2
    assert UUID((await stored(store, 5, 1))[0])
    assert kept(store) == counted(store)
