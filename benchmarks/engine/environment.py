"""The environments of what is measured beside the service; `make bench-engine` makes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from benchmarks.engine import apart
from benchmarks.engine.workload import ROOT

PYTHON = str(ROOT / ".venv-bench" / "bin" / "python")
INFINITY = str(ROOT / ".venv-bench-infinity" / "bin" / "infinity_emb")


def program(name: str) -> str:
    return str(Path(apart.__file__).parent / name)


def run(name: str, *arguments: object) -> None:
    subprocess.run([PYTHON, program(name), *map(str, arguments)], check=True, stderr=subprocess.DEVNULL)
