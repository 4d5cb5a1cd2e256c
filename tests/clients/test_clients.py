"""Clients generated from the contract, used as another service would, against the real service with the real model."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.tools import BIN, HERE, NODE_BIN, ROOT, output, run
from tests.test_process import REAL, Service, serving

pytestmark = pytest.mark.contract

CLIENTS = ROOT / "clients"
OURS = Path(__file__).parent
TEXTS = [
    "Germany praised France for its patience on Monday while condemning Belarus for jailing journalists.",
    "China thanked Kazakhstan for its help after the flood.",
    "Kenya condemned Russia for blocking grain exports. China said nothing.",
]


KEY = "a-key-of-the-tests-that-nobody-guesses"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(REAL, tmp_path_factory.mktemp("clients"), STANDPOINT_BOOTSTRAP_KEY=KEY) as running:
        yield running


@pytest.fixture(scope="module")
def open_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """As whoever follows the README has it: on loopback and without keys."""
    with serving(REAL, tmp_path_factory.mktemp("open")) as running:
        yield running


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our TypeScript and the client, type-checked strictly and translated."""
    folder = tmp_path_factory.mktemp("compiled")
    finished = run(NODE_BIN / "tsc", "--project", OURS / "typescript" / "tsconfig.json", "--outDir", folder)
    assert finished.returncode == 0, output(finished)
    return folder / "tests" / "clients" / "typescript"


def use(*command: str | Path, texts: list[str]) -> dict[str, Any]:
    finished = run(*command, input=json.dumps(texts), env={"PYTHONPATH": str(CLIENTS / "python")})
    assert finished.returncode == 0, output(finished)
    return json.loads(finished.stdout)  # type: ignore[no-any-return]


def check(seen: dict[str, Any], service: Service, *, prefix: str) -> None:
    """Compares what the client saw with what plain HTTP says."""
    http = httpx.Client(base_url=service.address, headers={"Authorization": f"Bearer {KEY}"}, timeout=60)
    annotation = http.post("/v1/annotate", json={"text": TEXTS[0]}).json()
    expected = {country["country"]: country["stance"] for country in annotation["countries"]}
    assert seen["annotated"] == seen["first"] == expected == {"FR": "favor", "BY": "against", "DE": "neutral"}
    stored = [http.get(f"/v1/articles/{identifier}").json() for identifier in seen["stored"]]
    assert [article["external_id"] for article in stored] == [f"{prefix}-{number}" for number in range(len(TEXTS))]
    rows = http.get("/v1/stances?limit=200").json()["items"]
    assert seen["stances"] == sorted(f"{row['article']['id']} {row['country']} {row['stance']}" for row in rows)
    assert len(rows) > 6 and seen["china"] == len([row for row in rows if row["country"] == "CN"]) > 1
    assert seen["problem"] == {
        "type": "urn:problem-type:standpoint:invalid-request",
        "status": 422,
        "pointers": ["#/query/limit"],
    }
    assert seen["exported"] == seen["stances"]
    assert seen["imported"] == {
        "same": True,
        "other": "urn:problem-type:standpoint:idempotency-conflict",
        "last": "end",
        "states": ["finished", "finished"],
        "counts": [3, 2, 2, 1],
        "failures": [[3, "invalid"]],
    }
    assert seen["without_key"] == "urn:problem-type:standpoint:key-required"


def test_a_service_in_python_annotates_stores_pages_exports_imports_and_reads_a_problem(service: Service) -> None:
    check(use(BIN / "python", OURS / "python" / "use.py", service.address, KEY, texts=TEXTS), service, prefix="python")


def test_a_service_in_typescript_annotates_stores_pages_exports_imports_and_reads_a_problem(
    service: Service, compiled: Path
) -> None:
    check(use(BIN / "node", compiled / "use.js", service.address, KEY, texts=TEXTS), service, prefix="typescript")


def typed(*files: Path) -> subprocess.CompletedProcess[str]:
    options = ["--strict", "--follow-imports", "silent", "--python-executable", BIN / "python", "--config-file", os.devnull]
    return run(ROOT / ".venv" / "bin" / "mypy", *options, *files, env={"MYPYPATH": str(CLIENTS / "python")})


def test_our_use_of_the_python_client_is_typed_strictly(tmp_path: Path) -> None:
    finished = typed(OURS / "python" / "use.py")
    assert finished.returncode == 0, output(finished)
    wrong = tmp_path / "wrong.py"
    right = (OURS / "python" / "use.py").read_text(encoding="utf-8")
    wrong.write_text(right.replace("AnnotateRequest(text=texts[0])", "AnnotateRequest(text=7)"), encoding="utf-8")
    assert typed(wrong).returncode != 0


def snippet(language: str) -> str:
    """The one of this language under the README's heading."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Use it from", 1)[1].split("\n## ", 1)[0]
    (found,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    return str(found)


SHOWN = "Germany neutral\nFrance favor\nBelarus against\n"


def test_the_python_of_the_readme_is_typed_and_prints_what_it_says(open_service: Service, tmp_path: Path) -> None:
    file = tmp_path / "readme.py"
    file.write_text(snippet("python").replace("http://127.0.0.1:8000", open_service.address), encoding="utf-8")
    checked = typed(file)
    assert checked.returncode == 0, output(checked)
    finished = run(BIN / "python", file, env={"PYTHONPATH": str(CLIENTS / "python")})
    assert finished.stdout == SHOWN, output(finished)


def test_the_typescript_of_the_readme_is_typed_and_prints_what_it_says(open_service: Service, tmp_path: Path) -> None:
    shutil.copytree(CLIENTS / "typescript", tmp_path / "clients" / "typescript")
    file = tmp_path / "readme.ts"
    file.write_text(snippet("ts").replace("http://127.0.0.1:8000", open_service.address), encoding="utf-8")
    config = json.loads((OURS / "typescript" / "tsconfig.json").read_text(encoding="utf-8"))
    config["compilerOptions"] |= {"rootDir": str(tmp_path), "outDir": str(tmp_path / "out")}
    config["compilerOptions"] |= {"typeRoots": [str(HERE / "node_modules" / "@types")]}
    (tmp_path / "tsconfig.json").write_text(json.dumps({**config, "files": [str(file)]}), encoding="utf-8")
    checked = run(NODE_BIN / "tsc", "--project", tmp_path)
    assert checked.returncode == 0, output(checked)
    finished = run(BIN / "node", tmp_path / "out" / "readme.js")
    assert finished.stdout == SHOWN, output(finished)
