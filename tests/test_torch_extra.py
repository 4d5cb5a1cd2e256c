"""Without the torch extra, a model that needs it is refused in one line that says what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Stands for an environment without torch, whether or not this one has it.
PROGRAM = "import sys; sys.modules['torch'] = None; from app.cli import main; main()"


def test_a_model_that_needs_torch_says_how_to_install_it() -> None:
    variables = {"PATH": os.environ["PATH"], "STANDPOINT_MODEL": "hf:somebody/stances"}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, "annotate", "-"],
        input="x",
        capture_output=True,
        text=True,
        timeout=300,
        env=variables,
        cwd=ROOT,
    )
    assert run.returncode == 2
    assert run.stderr.splitlines() == [
        "standpoint: the model cannot be used: hf:somebody/stances needs torch, which is not installed: "
        "pip install 'standpoint[torch]'"
    ]


def test_the_usual_model_never_loads_torch() -> None:
    program = """
import sys
import app.inference.opening
print("torch" in sys.modules, "app.inference.pair_model" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True, cwd=ROOT)
    assert run.stdout.split() == ["False", "False"]
