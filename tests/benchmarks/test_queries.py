"""What of `make bench-queries` can be wrong without anybody noticing: whether it ends well, where it writes, what is compared."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.queries import __main__ as program
from benchmarks.queries import databases, measures, report
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
