from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from app.domain.errors import StorageUnavailable
from app.storage import migrating, schema
from app.storage.claim_tables import Base
from app.storage.database import Store
from app.storage.engine import WRITES, open_engine

FIRST = "20261122"


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = open_engine(url, foreign_keys=False)
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        yield connection
    engine.dispose()


def tables(url: str) -> set[str]:
    with connected(url) as connection:
        found = set(inspect(connection).get_table_names()) - {"alembic_version"}
    # FTS5 keeps its index in tables of its own, and Procrastinate brings its own.
    return {name for name in found if not name.startswith(("searchable_words", "procrastinate_"))}


def test_migrations_run_up_and_down_and_up_again(empty_url: str) -> None:
    schema.migrate(empty_url)
    assert tables(empty_url) == set(Base.metadata.tables)
    with connected(empty_url) as connection:
        command.downgrade(schema.alembic_config(connection), "base")
    assert tables(empty_url) == set()
    schema.migrate(empty_url)
    assert tables(empty_url) == set(Base.metadata.tables)


@pytest.fixture
def migrated_url(empty_url: str) -> str:
    schema.migrate(empty_url)
    return empty_url


def test_the_migrations_make_exactly_the_tables_of_the_code(migrated_url: str) -> None:
    with connected(migrated_url) as connection:
        command.check(schema.alembic_config(connection))


def test_the_migrations_make_exactly_the_indexes_of_the_code(migrated_url: str) -> None:
    # `alembic check` does not compare the condition of an index, nor how it is built.
    def indexes(url: str) -> dict[str, str]:
        with connected(url) as connection:
            return dict(tuple(row) for row in connection.execute(INDEXES[connection.dialect.name]))

    migrated = indexes(migrated_url)
    with connected(migrated_url) as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
    assert migrated == indexes(migrated_url)


INDEXES = {
    "sqlite": text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"),
    "postgresql": text(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    ),
}


def test_two_replicas_can_migrate_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(schema.migrate, empty_url) for _ in range(4)]:
            done.result()
    assert tables(empty_url) == set(Base.metadata.tables)


def test_a_migration_gives_up_where_somebody_holds_a_table_and_changes_nothing(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if migrated_url.startswith("sqlite"):
        return
    with connected(migrated_url) as connection:
        command.downgrade(schema.alembic_config(connection), FIRST)
    monkeypatch.setattr(migrating, "LOCK_SECONDS", 1)
    with connected(migrated_url) as idle:
        idle.execute(text("SELECT count(*) FROM article"))
        with pytest.raises(StorageUnavailable):
            schema.migrate(migrated_url)
    with connected(migrated_url) as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == FIRST
    schema.migrate(migrated_url)
    assert tables(migrated_url) == set(Base.metadata.tables)


def test_revisions_are_read_as_alembic_knows_them() -> None:
    scripts = ScriptDirectory.from_config(schema.alembic_config())
    assert schema.revisions() == {script.revision: script.down_revision for script in scripts.walk_revisions()}
    assert schema.head() == scripts.get_current_head()


def test_an_empty_database_is_refused_in_one_line_that_says_what_to_do(empty_url: str) -> None:
    store = Store(empty_url)
    with pytest.raises(schema.SchemaMismatch, match=r"^the database has no tables.*run `standpoint migrate`$"):
        schema.check(store.engine)
    store.close()


def test_a_database_of_a_newer_version_is_refused(migrated_url: str) -> None:
    store = Store(migrated_url)
    with store.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'of-the-future'"))
    for act in (schema.check, lambda engine: schema.prepare(migrated_url, engine), lambda _: schema.migrate(migrated_url)):
        with pytest.raises(schema.SchemaMismatch, match="newer"):
            act(store.engine)
    store.close()


def test_a_start_beside_a_long_write_does_not_wait_for_it(migrated_url: str) -> None:
    store, other = Store(migrated_url), Store(migrated_url)
    with other.transaction() as session:
        session.execute(text("UPDATE article SET revision = 1"))
        schema.prepare(migrated_url, store.engine)
    store.close()
    other.close()


def test_at_start_a_file_is_migrated_and_a_server_is_only_checked(empty_url: str) -> None:
    store = Store(empty_url)
    if store.engine.dialect.name == "sqlite":
        schema.prepare(empty_url, store.engine)
    else:
        with pytest.raises(schema.SchemaMismatch, match="standpoint migrate"):
            schema.prepare(empty_url, store.engine)
        schema.migrate(empty_url)
    schema.check(store.engine)
    store.close()
