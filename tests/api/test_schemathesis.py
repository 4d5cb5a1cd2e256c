"""Requests that Schemathesis makes from the contract: examples, edges, random ones and chains of operations, with all checks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx

from tests.test_process import ROOT, TWIN, Service, serving

# A few for each operation and kind; the variable asks for more, as `make test-contract` does.
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "5")
SECONDS = 1_500
KEY = "a-key-of-the-tests-that-nobody-guesses"
SHOWING_IT = ("--header", f"Authorization: Bearer {KEY}")
KEYED = {"STANDPOINT_BOOTSTRAP_KEY": KEY, "STANDPOINT_KEY_RATE": "0", "STANDPOINT_ADDRESS_RATE": "0"}
"""Without limits: an answer of 429 tells nothing about what was asked."""


def run(document: str, address: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """`document` is a file or an address."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "tests" / "api" / "schemathesis.toml")),
        *("run", document, "--url", address, "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
        *("--max-examples", EXAMPLES, "--seed", "7", "--continue-on-failure", "--no-color"),
        *options,
    ]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)


def tried(document: str, address: str, folder: Path, *options: str) -> str:
    """What it printed, where it found nothing."""
    finished = run(document, address, folder, *options)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def report(printed: str, service: Service, kind: str) -> None:
    assert not [line for line in service.lines if '"fault"' in line]
    (selected, total) = re.findall(r"(\d+) selected / (\d+) total", printed)[0]
    assert selected == total
    (cases,) = re.findall(r"(\d+) generated", printed)
    print(f"{cases} cases for {total} operations on {kind}, no failure")
    assert int(cases) > 30 * int(total)


def test_the_service_keeps_to_its_contract_whatever_is_asked(tmp_path: Path) -> None:
    with serving(TWIN, tmp_path) as service:
        report(tried(f"{service.address}/openapi.json", service.address, tmp_path), service, "SQLite without keys")


def test_a_service_with_keys_keeps_to_its_contract_and_lets_nobody_else_in(database_url: str, tmp_path: Path) -> None:
    with serving(TWIN, tmp_path, STANDPOINT_DATABASE_URL=database_url, **KEYED) as service:
        printed = tried(where_keys_are_required(service, tmp_path), service.address, tmp_path, *SHOWING_IT)
        report(printed, service, f"{database_url.split(':')[0]} with keys")


def test_a_service_that_lets_everybody_in_would_be_found_out(tmp_path: Path) -> None:
    with serving(TWIN, tmp_path, STANDPOINT_ALLOW_ANONYMOUS="true", **KEYED) as service:
        document = where_keys_are_required(service, tmp_path)
        finished = run(document, service.address, tmp_path, "--include-path", "/v1/models", *SHOWING_IT)
    assert finished.returncode == 1
    assert "API accepts requests without authentication" in finished.stdout


def where_keys_are_required(service: Service, folder: Path) -> str:
    """The document leaves it open whether a service asks for keys, and then nobody could tell whether this one does."""
    document = httpx.get(f"{service.address}/openapi.json").json()
    document["security"] = [choice for choice in document["security"] if choice]
    file = folder / "openapi.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)
