"""Requests that Schemathesis makes from the contract: examples, edges, random ones and chains of operations, with all checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.test_process import ROOT, TWIN, serving

# A few for each operation and kind; the variable asks for more, as `make test-contract` does.
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "5")
SECONDS = 1_500


def tried(address: str, folder: Path) -> str:
    """Runs it, and returns what it printed."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "tests" / "api" / "schemathesis.toml")),
        *("run", f"{address}/openapi.json", "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
        *("--max-examples", EXAMPLES, "--seed", "7", "--continue-on-failure", "--no-color"),
    ]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_the_service_keeps_to_its_contract_whatever_is_asked(database_url: str, tmp_path: Path) -> None:
    with serving(TWIN, tmp_path, STANDPOINT_DATABASE_URL=database_url) as service:
        printed = tried(service.address, tmp_path)
        assert not [line for line in service.lines if '"fault"' in line]
    (selected, total) = re.findall(r"(\d+) selected / (\d+) total", printed)[0]
    assert selected == total
    (cases,) = re.findall(r"(\d+) generated", printed)
    print(f"{cases} cases for {total} operations on {database_url.split(':')[0]}, no failure")
    assert int(cases) > 30 * int(total)
