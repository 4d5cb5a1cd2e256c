"""The page at /docs in a real browser, with the real model behind it and no way out of this machine."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.tools import BIN, DOCUMENT, HERE, ROOT, output, run
from tests.test_process import REAL, Service, serving

pytestmark = pytest.mark.contract

PICTURE = ROOT / "docs" / "docs-page.png"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(REAL, tmp_path_factory.mktemp("docs")) as running:
        yield running


@pytest.fixture(scope="module")
def seen(service: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    chromium = shutil.which("chromium")
    assert chromium, "`make test-contract` installs chromium"
    # DOCS_SCREENSHOT renews the picture of the README.
    picture = os.environ.get("DOCS_SCREENSHOT") or tmp_path_factory.mktemp("picture") / "docs-page.png"
    finished = run(BIN / "node", HERE / "docs_page.mjs", service.address, chromium, picture)
    assert finished.returncode == 0, output(finished)
    return {**json.loads(finished.stdout), "picture": Path(picture)}


def test_it_shows_every_operation_of_the_contract(seen: dict[str, Any]) -> None:
    paths = json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"]
    expected = {f"{method} {path}" for path, item in paths.items() for method in item}
    assert set(seen["operations"]) == expected
    print(f"{len(expected)} operations shown")


def test_no_request_leaves_the_machine_and_nothing_fails(seen: dict[str, Any], service: Service) -> None:
    outside = [url for url in seen["requests"] if not url.startswith((service.address, "data:"))]
    assert outside == []
    assert any(url == f"{service.address}/openapi.json" for url in seen["requests"])
    assert seen["faults"] == []
    print(f"{len(seen['requests'])} requests, all to the service")


def test_trying_annotate_out_shows_the_answer_of_the_model(seen: dict[str, Any]) -> None:
    assert seen["status"].startswith("200")
    answer = json.loads(seen["body"])
    assert {country["country"] for country in answer["countries"]} == {"KZ", "CN", "RU"}
    assert answer["model"].startswith("standpoint-en@")


def test_the_readme_shows_a_picture_of_it(seen: dict[str, Any]) -> None:
    assert "docs/docs-page.png" in (ROOT / "README.md").read_text(encoding="utf-8")
    for picture in (PICTURE, seen["picture"]):
        assert picture.read_bytes().startswith(b"\x89PNG") and 10_000 < picture.stat().st_size < 300_000
