"""The document in the eyes of Redocly, Spectral and OpenAPI Generator."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.tools import BIN, DOCUMENT, HERE, NODE_BIN, output, run

pytestmark = pytest.mark.contract

Finished = subprocess.CompletedProcess[str]


def redocly(document: Path) -> Finished:
    return run(NODE_BIN / "redocly", "lint", document, "--config", HERE / "redocly.yaml", "--max-problems", "1000")


def spectral(document: Path) -> Finished:
    return run(NODE_BIN / "spectral", "lint", document, "--ruleset", HERE / "spectral.yaml", "--fail-severity", "hint")


def validated(document: Path) -> Finished:
    return run(BIN / "openapi-generator-cli", "validate", "--recommend", "-i", document)


def without_operation_id(document: dict[str, Any]) -> None:
    del document["paths"]["/v1/annotate"]["post"]["operationId"]


def with_a_reference_to_nothing(document: dict[str, Any]) -> None:
    document["paths"]["/healthz"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {"$ref": "#/nothing"}


def without_info(document: dict[str, Any]) -> None:
    del document["info"]


@pytest.mark.parametrize(
    ("judge", "spoil"),
    [(redocly, with_a_reference_to_nothing), (spectral, without_operation_id), (validated, without_info)],
)
def test_a_judge_finds_nothing_in_the_contract_and_something_in_a_spoiled_one(
    tmp_path: Path, judge: Callable[[Path], Finished], spoil: Callable[[dict[str, Any]], None]
) -> None:
    finished = judge(DOCUMENT)
    assert finished.returncode == 0, output(finished)
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    spoil(document)
    spoiled = tmp_path / "openapi.json"
    spoiled.write_text(json.dumps(document), encoding="utf-8")
    assert judge(spoiled).returncode != 0


@pytest.mark.parametrize(
    ("generator", "suffix"), [("python", ".py"), ("typescript-fetch", ".ts"), ("java", ".java"), ("go", ".go")]
)
def test_openapi_generator_makes_a_client_without_error(tmp_path: Path, generator: str, suffix: str) -> None:
    finished = run(BIN / "openapi-generator-cli", "generate", "-i", DOCUMENT, "-g", generator, "-o", tmp_path)
    assert finished.returncode == 0, output(finished)
    assert " ERROR " not in output(finished)
    files = [path.read_text(encoding="utf-8") for path in tmp_path.rglob(f"*{suffix}")]
    assert any("/v1/stances/series" in text for text in files)
    print(f"{generator}: {len(files)} files")
