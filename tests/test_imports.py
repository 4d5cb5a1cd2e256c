"""`standpoint import`: files in, a job out, annotated by this process where nobody else does it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet as arrow

from app.commands import imports, parquet
from app.domain.jobs import JobKind, JobState, Progress, StoredJob
from app.refusal import Refusal
from app.storage import schema
from app.storage.database import Store
from app.storage.tables import AnnotationRow, ArticleRow
from tests.services.bulk import count
from tests.twins import DictionaryAnnotator

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/standpoint.db"


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, stdout and stderr."""
    monkeypatch.setenv("STANDPOINT_DATABASE_URL", url)
    monkeypatch.setattr(imports, "open_annotator", lambda _: nullcontext(DictionaryAnnotator()))

    def act(path: Path, **options: Any) -> tuple[int, str, str]:
        code = imports.run(path, **{"key": None, "wait": True, **options})
        written = capsys.readouterr()
        return code, written.out, written.err

    return act


def stored(url: str, table: Any) -> int:
    store = Store(url)
    found = count(store, table)
    store.close()
    return found


def ndjson(number: int) -> bytes:
    return b"".join(
        json.dumps({"text": f"France praised Kenya {n}.", "external_id": str(n)}).encode() + b"\n" for n in range(number)
    )


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_imported_and_annotated_without_a_server(run: Run, url: str, tmp_path: Path, packed: bool) -> None:
    file = tmp_path / ("archive.ndjson.gz" if packed else "archive.ndjson")
    file.write_bytes(gzip.compress(ndjson(600)) if packed else ndjson(600))
    code, out, err = run(file)
    assert code == 0 and " finished: 600 created, 0 existing, 600 done, 0 failed" in out, err
    assert (stored(url, ArticleRow), stored(url, AnnotationRow)) == (600, 600)
    assert "finished: 600 created" in run(file)[1]
    assert stored(url, ArticleRow) == 600


def test_bad_lines_are_named_and_the_exit_code_tells_of_them(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mixed.jsonl"
    file.write_bytes(ndjson(2) + b"{\n")
    code, out, err = run(file)
    assert code == 1 and "2 done, 1 failed" in out
    assert "standpoint: line 3: The body is not JSON" in err


def test_without_waiting_the_work_is_left_to_others(run: Run, url: str, tmp_path: Path) -> None:
    file = tmp_path / "archive.ndjson"
    file.write_bytes(ndjson(5))
    code, out, _ = run(file, wait=False)
    assert code == 0 and " running: 5 created" in out
    assert stored(url, AnnotationRow) == 0


def test_rows_of_parquet_are_articles(run: Run, url: str, tmp_path: Path) -> None:
    file = tmp_path / "archive.parquet"
    rows = [
        {"text": "France praised Kenya.", "title": None, "published_at": datetime(2024, 5, 1, 9, tzinfo=UTC)},
        {"text": "Germany.", "title": "A title", "published_at": None},
    ]
    arrow.write_table(pyarrow.Table.from_pylist(rows), file)
    code, out, err = run(file)
    assert code == 0 and "2 done" in out, err
    assert parquet._plain(date(2024, 5, 1)) == "2024-05-01"
    assert parquet._plain(datetime(2024, 5, 1, 9)) == "2024-05-01T09:00:00Z"


def test_without_pyarrow_parquet_is_refused_in_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "arrow", None)
    file = tmp_path / "archive.parquet"
    file.write_bytes(b"")
    with pytest.raises(Refusal, match="pip install"):
        run(file)


def test_a_file_that_cannot_be_read_is_one_line(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ndjson.gz"
    broken.write_bytes(gzip.compress(ndjson(9))[:-4])
    for path, said in (
        (tmp_path / "missing.ndjson", "No such file"),
        (tmp_path, "Is a directory"),
        (broken, "middle of its gzip"),
    ):
        with pytest.raises(Refusal, match=said):
            run(path)


def test_an_upload_that_broke_off_goes_on_under_its_key(run: Run, url: str, tmp_path: Path) -> None:
    broken, whole = tmp_path / "broken.ndjson.gz", tmp_path / "whole.ndjson"
    broken.write_bytes(gzip.compress(ndjson(2_100))[:-4])
    whole.write_bytes(ndjson(2_100))
    with pytest.raises(Refusal):
        run(broken, key="archive")
    assert stored(url, ArticleRow) == 2_048
    assert "2100 created" in run(whole, key="archive")[1]


def test_the_bar_shows_how_far_it_is_and_how_long_it_takes() -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    progress = Progress(total=100, done=40, failed=10, recent=40, recent_seconds=20)
    job = StoredJob("1", JobKind.IMPORT, JobState.RUNNING, moment, moment, None, 100, None, None, progress)
    assert imports.line(job) == f"[{'#' * 15}{'-' * 15}] 40 of 100 done, 10 failed, 2.0/s, 25 s left"


def test_the_tables_are_made_where_there_are_none(url: str, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "archive.ndjson"
    file.write_bytes(ndjson(1))
    run(file)
    store = Store(url)
    schema.check(store.engine)
    store.close()
