"""What of `make bench-queries` can be wrong without anybody noticing: whether it ends well, where it writes, what is compared."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from uuid import UUID

import pytest

from app.services.ingest import ingest
from app.storage.database import Store
from app.storage.tables import Base
from benchmarks.queries import __main__ as program
from benchmarks.queries import databases, filling, measures, report
from benchmarks.queries.corpus import Corpus
from benchmarks.queries.databases import Database
from benchmarks.queries.loading import CHUNK, loader


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copy(report.README, tmp_path / "README.md"))


def run(copy: Path, database: str, *, sizes: str = "60,120") -> int:
    quickly = ["--sizes", sizes, "--seconds", "0.01", "--folder", str(copy.parent)]
    # As root the server of PostgreSQL runs as another user, who cannot reach the folders of tests.
    folder = quickly if database == "sqlite" else quickly[:-2]
    return program.main([*folder, "--databases", database, "--write", str(copy)])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_every_question_has_its_figures_and_they_are_written_between_the_markers(copy: Path, database: str) -> None:
    before = copy.read_text(encoding="utf-8")
    assert run(copy, database) == 0
    after = copy.read_text(encoding="utf-8")
    outside, _, rest = after.partition(report.BEGIN)
    inside, _, behind = rest.partition(report.END)
    assert (outside, behind) == (before.partition(report.BEGIN)[0], before.partition(report.END)[2])
    rows = [line.split("|") for line in inside.splitlines() if line.startswith("| ")][1:]
    assert measures.FLOOR in {row[1].strip() for row in rows} and len(rows) > 20
    assert all(float(row[-2]) > 0 and float(row[-3]) > 0 for row in rows), "growth and HTTP / SQL of each"
    assert "FAILED" not in inside


def test_a_question_that_fails_is_said_at_the_end_and_the_others_are_measured(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = measures.questions
    monkeypatch.setattr(measures, "questions", lambda *given: {"odd": "/v1/stances?limit=0", **asked(*given)})
    assert run(copy, "sqlite", sizes="60") == 1
    inside = copy.read_text(encoding="utf-8").partition(report.BEGIN)[2]
    assert "FAILED at 60 articles: odd: NotAnswered: 422" in inside and "| publishers |" in inside
    assert "SQLite, 60 articles: odd" in capsys.readouterr().err


def test_the_bare_drivers_database_keeps_its_rows_from_one_size_to_the_next(tmp_path: Path) -> None:
    database = Database("SQLite", f"sqlite:///{tmp_path / 'standpoint.db'}")
    databases.schema.migrate(database.url)
    with loader(database, Corpus(seed=1), compared=2 * CHUNK) as filling:
        for size in (40, 90):
            filling.fill(size)
            filling.settle()
        with database.driver() as own, filling.beside.driver() as bare:
            for table in ("article", "stance", "searchable"):
                question = f"SELECT * FROM {table} ORDER BY 1"
                assert len(own.execute(question).fetchall()) == len(bare.execute(question).fetchall()) > 0
        assert filling.times.own.articles == filling.times.bare.articles == 90


def content(database: Database) -> dict[str, list[str]]:
    """All rows of all tables, in whatever order; articles by the number that the corpus gave them, without ids and times."""
    with database.driver() as driver:
        names = dict(driver.execute("SELECT id, external_id FROM article").fetchall())
        found = {}
        for table in Base.metadata.tables.values():
            columns = [column.name for column in table.columns if not column.name.endswith("_at") and column.name != "number"]
            rows = driver.execute(f"SELECT {', '.join(columns)} FROM {table.name}").fetchall()
            found[table.name] = sorted(str([_lasting(value, names) for value in row]) for row in rows)
        return found


def _lasting(value: object, names: dict[object, str]) -> object:
    """In place of an id, which no other database has, the article that it means, or the bare fact that there is one."""
    is_id = isinstance(value, UUID) or (isinstance(value, bytes) and len(value) == 16)
    return names.get(value, "an id") if is_id else value


def indexes(database: Database) -> set[str]:
    of_sqlite, of_postgresql = "SELECT sql FROM sqlite_master WHERE type = 'index'", "SELECT indexdef FROM pg_indexes"
    with database.driver() as driver:
        return {statement for (statement,) in driver.execute(of_sqlite if database.on_sqlite else of_postgresql).fetchall()}


def test_a_kept_database_has_the_rows_that_the_bulk_path_stores(database_url: str, tmp_path: Path) -> None:
    database = Database("SQLite" if database_url.startswith("sqlite") else "PostgreSQL", database_url)
    many = 2 * CHUNK + 100
    articles, store = list(Corpus(seed=1).articles(many)), Store(database_url)
    for start in range(0, many, CHUNK):
        asyncio.run(ingest(store, articles[start : start + CHUNK]))
    store.close()
    database.settle()
    kept = filling.kept(database, tmp_path, articles=many)
    own, filled = content(database), content(kept)
    assert {name: len(rows) for name, rows in own.items()} == {name: len(rows) for name, rows in filled.items()}
    assert all(filled[name] == rows for name, rows in own.items())
    assert indexes(database) == indexes(kept)


def test_a_kept_database_is_filled_once_and_anew_when_that_was_interrupted(tmp_path: Path) -> None:
    database = Database("SQLite", f"sqlite:///{tmp_path / 'measured.db'}")
    first, again = (content(filling.kept(database, tmp_path, articles=40)) for _ in range(2))
    assert len(first["article"]) == 40 and first == again
    (mark,) = tmp_path.glob("*.json")
    mark.unlink()
    assert content(filling.kept(database, tmp_path, articles=40)) == first
