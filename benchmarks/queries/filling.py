"""A large database to be kept, filled as fast as its driver can: the rows are those that the bulk path would have stored.

Indexes that belong to no constraint are made when all rows are there, and nothing is safe from a failure of power meanwhile.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from app.domain.records import StoredArticle
from app.services.submit import created
from app.storage import texts
from app.storage.engine import open_engine
from app.storage.groups import MOST_OF_A_BAND
from app.storage.texts import Traits
from benchmarks.queries import databases
from benchmarks.queries.corpus import RECENT, Corpus
from benchmarks.queries.databases import Database
from benchmarks.queries.loading import chunks, insert, prepared
from benchmarks.queries.progress import Meter, note

REMEMBERED = 50 * RECENT
"""Of RECENT articles one is forgotten with each new one, so that a copy of an older one than these is made once in e**47."""

ON_SQLITE = ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -1000000", "temp_store = MEMORY")
ON_POSTGRESQL = (
    "synchronous_commit = off",
    # Foreign keys are triggers; a row that lacks its article cannot be made here.
    "session_replication_role = replica",
    "maintenance_work_mem = '1GB'",
)

COUNTED = (
    "INSERT INTO stance_month (country, month, model, stance, articles)"
    " SELECT country, month, model, coalesce(stance, 'undecided'), count(*) FROM stance GROUP BY 1, 2, 3, 4",
    "INSERT INTO stance_pair (country, beside, stance, favor, neutral, against, undecided)"
    " SELECT one.country, other.country, coalesce(one.stance, 'undecided'), count(*) FILTER (WHERE other.stance = 'favor'),"
    " count(*) FILTER (WHERE other.stance = 'neutral'), count(*) FILTER (WHERE other.stance = 'against'),"
    " count(*) FILTER (WHERE other.stance IS NULL)"
    " FROM stance AS one JOIN stance AS other ON other.annotation_id = one.annotation_id AND other.country > one.country"
    " GROUP BY 1, 2, 3",
)


class Groups:
    """The groups of near-duplicates, by the rule of `services.grouping`, without a database to look them up in."""

    def __init__(self) -> None:
        self.of: dict[str, str] = {}
        self._of_band: dict[int, list[str]] = {}
        self._bodies: dict[str, str] = {}
        self._bands: deque[tuple[str, list[int]]] = deque()

    def join(self, article: StoredArticle, traits: Traits) -> None:
        if like := self._most_like(traits):
            self.of[article.id] = self.of.setdefault(like, like)
        self._remember(article, traits)
        if len(self._bands) > REMEMBERED:
            self._forget(*self._bands.popleft())

    def _most_like(self, traits: Traits) -> str | None:
        proposed = {UUID(other) for band in traits.bands for other in self._of_band.get(band, ())[-MOST_OF_A_BAND:]}
        found = texts.most_like(traits, ((other, texts.sequences_of(self._bodies[str(other)])) for other in sorted(proposed)))
        return None if found is None else str(found)

    def _remember(self, article: StoredArticle, traits: Traits) -> None:
        self._bodies[article.id] = article.submission.text.body
        self._bands.append((article.id, traits.bands))
        for band in traits.bands:
            self._of_band.setdefault(band, []).append(article.id)

    def _forget(self, article_id: str, bands: Sequence[int]) -> None:
        del self._bodies[article_id]
        for band in bands:
            self._of_band[band].remove(article_id)
            if not self._of_band[band]:
                del self._of_band[band]


def kept(database: Database, folder: Path, *, articles: int, seed: int = 1) -> Database:
    """The one of that size in the folder. It is filled when it is not there, and anew when that was interrupted."""
    found, mark = databases.kept(database, folder, articles), folder / f"{database.name.lower()}-{articles}-{seed}.json"
    if not mark.exists():
        databases.cleared(found)
        seconds = fill(found, Corpus(seed=seed), articles)
        mark.write_text(json.dumps({"articles": articles, "seed": seed, "seconds": round(seconds)}), encoding="utf-8")
    # It may have been filled by an older version.
    return databases.migrated(found)


def fill(database: Database, corpus: Corpus, articles: int) -> float:
    """Seconds. The database has the tables and no rows."""
    started, engine = time.monotonic(), open_engine(database.url)
    with database.driver() as driver:
        _hurry(database, driver)
        indexes = _without_indexes(database, driver)
        meter, groups, loaded = Meter(30), Groups(), 0
        for chunk in chunks(corpus.articles(articles)):
            made = [(created(submission, said), texts.traits(submission.text)) for submission, said in chunk]
            before = len(groups.of)
            for article, traits in made:
                groups.join(article, traits)
            grouped = [(replace(article, duplicate_group=groups.of.get(article.id)), traits) for article, traits in made]
            insert(driver, prepared(grouped, engine.dialect), database.on_sqlite)
            _found(database, driver, [*groups.of][before:], new={article.id for article, _ in made})
            loaded += len(chunk)
            meter.note(f"{database.name}: {loaded:,} of {articles:,} articles, {loaded / (time.monotonic() - started):,.0f}/s")
        if not database.on_sqlite:
            # There the triggers that count were silent too.
            for counts in COUNTED:
                driver.execute(counts)
        for index in indexes:
            note(f"{database.name}: {index}")
            driver.execute(index)
    engine.dispose()
    note(f"{database.name}: settles")
    database.settle()
    return time.monotonic() - started


def _hurry(database: Database, driver: Any) -> None:
    for setting in ON_SQLITE if database.on_sqlite else ON_POSTGRESQL:
        driver.execute(f"PRAGMA {setting}" if database.on_sqlite else f"SET {setting}")


def _without_indexes(database: Database, driver: Any) -> list[str]:
    """The statements that make them again."""
    tables = "('article', 'annotation', 'stance', 'searchable', 'duplicate_band')"
    found = driver.execute(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN {tables}"
        if database.on_sqlite
        else f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN {tables} AND indexname LIKE 'ix\\_%'"
    ).fetchall()
    for name, _ in found:
        driver.execute(f'DROP INDEX "{name}"')
    return [statement for _, statement in found]


def _found(database: Database, driver: Any, grouped: Sequence[str], *, new: set[str]) -> None:
    """Articles of earlier chunks that were alone until now, which got their group by being found."""
    founders = [UUID(each).bytes if database.on_sqlite else each for each in grouped if each not in new]
    place = "?" if database.on_sqlite else "%s"
    cursor = driver.cursor()
    cursor.executemany(f"UPDATE article SET duplicate_group = id WHERE id = {place}", [(each,) for each in founders])
    annotations = f"(SELECT id FROM annotation WHERE article_id = {place})"
    cursor.executemany(
        f"UPDATE stance SET duplicate_group = article_id WHERE annotation_id IN {annotations}", [(each,) for each in founders]
    )
    cursor.close()
