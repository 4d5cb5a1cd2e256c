"""Make the shipped model anew, from one command and with a fixed seed: `make train DATA=... BASE=... OUT=...`, or

    python -m training.recipe DATA BASE OUT [--seed 13]

runs teacher, teach, student, export, seal and calibrate, one program after the other. OUT/model is the result, OUT/float the
graph before quantisation, OUT/record.json what was run and for how long. Started again, it goes on where it stopped: steps that
ended are skipped, and training goes on from its last epoch.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from app.inference.model_folder import locate

SEED = 13
# The labels alone, with the stance's text: places teach a teacher nothing about stances.
TEACHER = "--epochs 4 --rate 5e-5 --head-rate 5e-4 --tokens 1536 --decay 0.995 --stance-only"
# Every second layer of the teacher; sentences without a label outnumber the labelled country sentences two to one.
SHAPE = "--layers 0,2,4,7,9,11 --inner 256"
UNLABELLED = "--unlabelled 12000"
STUDENT = "--teacher-weight 0.6 --epochs 5 --rate 8e-5 --head-rate 6e-4 --tokens 2048 --decay 0.995"
RECORD = "record.json"


class OtherRecipe(Exception):
    """OUT holds steps of another recipe, which would be mixed with this one."""


@dataclass(frozen=True, slots=True)
class Step:
    """A program of this package. `command` is what stands behind `python -m`."""

    name: str
    command: tuple[str, ...]


@dataclass(slots=True)
class Record:
    """`seconds` are those of every run of a step, stopped ones included; `done` are the names of the steps that ended."""

    commands: dict[str, str]
    machine: str
    seconds: dict[str, float] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    @property
    def minutes(self) -> float:
        return round(sum(self.seconds.values()) / 60, 1)

    def written(self) -> dict[str, Any]:
        return {"minutes": self.minutes, **asdict(self)}


def steps(data: Path, base: Path, out: Path, *, seed: int = SEED) -> list[Step]:
    """In the order in which they need each other."""
    given = f"--data {_quoted(data)} --base {_quoted(base)}"
    teacher, student, model = (_quoted(out / name) for name in ("teacher", "student", "model"))
    logits, float_graph = _quoted(out / "teacher" / "logits.json"), _quoted(out / "float" / "model.onnx")
    weights, own = _quoted(out / "teacher" / "average.pt"), _quoted(out / "student" / "average.pt")
    commands = {
        "teacher": f"training.train {given} --out {teacher} {TEACHER} --seed {seed}",
        "teach": f"training.teach {given} --weights {weights} --out {logits} {UNLABELLED}",
        "student": f"training.train {given} --out {student} {SHAPE} --start {weights} --teacher {logits} {UNLABELLED} {STUDENT}"
        f" --seed {seed}",
        "export": f"training.export --base {_quoted(base)} {SHAPE} --weights {own} --out {model} --float-out {float_graph}",
        "seal": f"training.seal {model}",
        "calibrate": f"training.calibrate {_quoted(data)} {model}",
    }
    return [Step(name, tuple(shlex.split(command))) for name, command in commands.items()]


def run(plan: Sequence[Step], out: Path, *, execute: Callable[[Sequence[str]], None]) -> Record:
    """What ended is not run again. Raises OtherRecipe, and whatever `execute` raises; the time spent is recorded all the same."""
    record = begun(plan, out)
    for step in plan:
        if step.name not in record.done:
            started = time.monotonic()
            try:
                execute(step.command)
                record.done.append(step.name)
            finally:
                spent = record.seconds.get(step.name, 0.0) + time.monotonic() - started
                record.seconds[step.name] = round(spent, 1)
                keep(record, out)
    return record


def begun(plan: Sequence[Step], out: Path) -> Record:
    """The record of an earlier run of the same plan, else a new one."""
    commands = {step.name: shlex.join(step.command) for step in plan}
    path = out / RECORD
    if not path.exists():
        return Record(commands, machine=f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores")
    values = json.loads(path.read_text(encoding="utf-8"))
    if values["commands"] != commands:
        changed = [name for name in commands if values["commands"].get(name) != commands[name]]
        raise OtherRecipe(f"{out} was begun with other commands for {', '.join(changed)}: take another folder")
    return Record(commands, values["machine"], values["seconds"], values["done"])


def keep(record: Record, out: Path) -> None:
    """Whole or not at all, so that a killed run leaves a file that can be read."""
    path = out / RECORD
    path.with_suffix(".tmp").write_text(json.dumps(record.written(), indent=1) + "\n", encoding="utf-8")
    path.with_suffix(".tmp").replace(path)


def execute(command: Sequence[str]) -> None:
    print("python -m", shlex.join(command), flush=True)
    subprocess.run([sys.executable, "-m", *command], check=True)


def prepare(out: Path) -> None:
    """Where the steps write; names of countries are data that no training changes."""
    for name in ("model", "float"):
        (out / name).mkdir(parents=True, exist_ok=True)
    target = out / "model" / "gazetteer.tsv"
    if not target.exists():
        target.write_bytes((locate("standpoint-en") / "gazetteer.tsv").read_bytes())


def main(data: Path, base: Path, out: Path, seed: Annotated[int, typer.Option(help="of teacher and student")] = SEED) -> None:
    prepare(out)
    try:
        record = run(steps(data, base, out, seed=seed), out, execute=execute)
    except (OtherRecipe, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    print(f"{out / 'model'} is made; {record.minutes} minutes in all ({out / RECORD})")


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


if __name__ == "__main__":
    typer.run(main)
