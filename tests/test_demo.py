from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.commands import demo
from app.storage.database import Store
from tests.api.clients import client
from tests.test_cli import standpoint
from tests.twins import DictionaryAnnotator


def test_there_are_enough_samples_of_several_outlets_and_months() -> None:
    found = [sample.submission() for sample in demo.samples()]
    assert len(found) >= 24
    assert len({given.text.body for given in found}) == len({given.external_id for given in found}) == len(found)
    assert min(Counter(given.publisher for given in found).values()) >= 3
    assert len({(given.published.day.year, given.published.day.month) for given in found if given.published}) >= 6
    assert all(40 <= len(given.text.body.split()) <= 200 and given.text.title for given in found)


def test_every_request_printed_has_an_answer_by_the_real_model(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/standpoint.db"
    run = standpoint("demo", environment={"STANDPOINT_DATABASE_URL": url}, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    asked = [line.split("'")[1] for line in run.stdout.splitlines() if line.startswith("curl")]
    assert len(asked) == 5
    store = Store(url)
    with client(store) as http:
        for address in asked:
            parts = urlsplit(address)
            answer = http.get(f"{parts.path}?{parts.query}").json()
            assert answer.get("items") or answer.get("points"), address
    store.close()


def test_the_samples_are_stored_once_however_often_it_is_asked_for(
    tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/standpoint.db"
    monkeypatch.setenv("STANDPOINT_DATABASE_URL", url)
    monkeypatch.setattr(demo, "open_annotator", lambda _: nullcontext(DictionaryAnnotator()))
    demo.demo()
    demo.demo()
    printed = capsys.readouterr()
    number = len(demo.samples())
    assert f"{number} sample articles annotated and stored, 0 were" in printed.err
    assert f"0 sample articles annotated and stored, {number} were" in printed.err
