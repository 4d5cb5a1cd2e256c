"""Requests that Schemathesis makes from the contract: examples, edges, random ones and chains of operations, with all checks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.test_process import ROOT, Service, serving

# A few for each operation and kind; the variable asks for more, as `make test-contract` does.
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "5")
SECONDS = 1_500
LONELY_TWIN = ["-m", "tests.lonely_twin"]
KEY = "a-key-of-the-tests-that-nobody-guesses"
SHOWING_IT = ("--header", f"Authorization: Bearer {KEY}")
KEYED = {"STANDPOINT_BOOTSTRAP_KEY": KEY, "STANDPOINT_KEY_RATE": "0", "STANDPOINT_ADDRESS_RATE": "0"}
"""Without limits: an answer of 429 tells nothing about what was asked."""


def run(contract: str, address: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "tests" / "api" / "schemathesis.toml")),
        *("run", contract, "--url", address, "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
        *("--max-examples", EXAMPLES, "--seed", "7", "--continue-on-failure", "--no-color"),
        *options,
    ]
    variables = {**os.environ, "SCHEMATHESIS_HOOKS": str(ROOT / "tests" / "api" / "schemathesis_hooks.py")}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=SECONDS)


def tried(contract: str, address: str, folder: Path, *options: str) -> str:
    """What it printed, where it found nothing."""
    finished = run(contract, address, folder, *options)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def report(printed: str, service: Service, kind: str) -> None:
    assert not [line for line in service.lines if '"fault"' in line]
    (selected, total) = re.findall(r"(\d+) selected / (\d+) total", printed)[0]
    assert selected == total
    (cases,) = re.findall(r"(\d+) generated", printed)
    print(f"{cases} cases for {total} operations on {kind}, no failure")
    assert int(cases) > 30 * int(total)


# With keys the same is asked on both databases; `make test-contract` asks it without them too.
@pytest.mark.contract
def test_the_service_keeps_to_its_contract_whatever_is_asked(tmp_path: Path) -> None:
    with serving(LONELY_TWIN, tmp_path) as service:
        report(tried(document(service, tmp_path), service.address, tmp_path), service, "SQLite without keys")


def test_a_service_with_keys_keeps_to_its_contract_and_lets_nobody_else_in(
    migrated_sqlite: Path, emptied_postgres: str, tmp_path: Path
) -> None:
    """On both databases at once, since who asks and who answers wait for each other in turn."""

    def asked(url: str) -> None:
        kind = url.split(":")[0]
        folder = tmp_path / kind
        folder.mkdir()
        with serving(LONELY_TWIN, folder, STANDPOINT_DATABASE_URL=url, **KEYED) as service:
            printed = tried(document(service, folder, keyed=True), service.address, folder, *SHOWING_IT)
            report(printed, service, f"{kind} with keys")

    with ThreadPoolExecutor() as both:
        list(both.map(asked, [f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path)}", emptied_postgres]))


def test_a_service_that_lets_everybody_in_would_be_found_out(tmp_path: Path) -> None:
    with serving(LONELY_TWIN, tmp_path, STANDPOINT_ALLOW_ANONYMOUS="true", **KEYED) as service:
        finished = run(
            document(service, tmp_path, keyed=True), service.address, tmp_path, "--include-path", "/v1/models", *SHOWING_IT
        )
    assert finished.returncode == 1
    assert "API accepts requests without authentication" in finished.stdout


def test_the_service_that_is_asked_calls_nobody_outside(tmp_path: Path) -> None:
    hook = {"url": "http://desk.example/", "events": ["job.finished"], "secret": "correct-horse-battery"}
    with serving(LONELY_TWIN, tmp_path) as service:
        http = httpx.Client(base_url=f"{service.address}/v1", timeout=30)
        created = http.post("/webhooks", json=hook).json()
        assert http.post("/imports", json={"articles": [{"text": "News from France."}]}).status_code == 202
        for _ in range(300):
            deliveries = http.get(f"/webhooks/{created['id']}/deliveries").json()["items"]
            if deliveries and deliveries[0]["attempts"]:
                break
            time.sleep(0.1)
    assert [(delivery["state"], delivery["error"]) for delivery in deliveries] == [("waiting", "ConnectionRefusedError")]


def document(service: Service, folder: Path, *, keyed: bool = False) -> str:
    """The contract as a file, with what Schemathesis cannot know from it."""
    contract = httpx.get(f"{service.address}/openapi.json").json()
    if keyed:
        # It is left open whether a service asks for keys, and then nobody could tell whether this one does.
        contract["security"] = [choice for choice in contract["security"] if choice]
    # The name that OpenAPI 3.2 has for it; so each event is checked.
    events = contract["paths"]["/v1/jobs/{job_id}/events"]["get"]["responses"]["200"]["content"]
    events["text/event-stream"] = {"itemSchema": events["text/event-stream"]["x-item-schema"]}
    file = folder / "openapi.json"
    file.write_text(json.dumps(contract), encoding="utf-8")
    return str(file)
