"""The tools that look at the contract from outside. `make test-contract` installs them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
DOCUMENT = ROOT / "openapi.json"
BIN = ROOT / ".venv-contract" / "bin"
NODE_BIN = HERE / "node_modules" / ".bin"
SECONDS = 300
"""Far more than any of them takes; a busy machine shall not fail a test of something else."""


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """With the tools' own Python and Node in front. Never raises for an exit code: what it means is the test's business."""
    path = os.pathsep.join([str(BIN), str(NODE_BIN), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "REDOCLY_TELEMETRY": "off", **options.pop("env", {})}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS, **options)


def output(finished: subprocess.CompletedProcess[str]) -> str:
    """Both streams, for the message of an assertion."""
    return f"exit {finished.returncode}\n{finished.stdout}\n{finished.stderr}"
