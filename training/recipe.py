"""Make a shipped model anew, from one command and with a fixed seed: `make train DATA=... BASE=... OUT=...`, or

    python -m training.recipe DATA BASE OUT [--tier standpoint-en-fast] [--seed 13]

runs begin, longer and mix, one after the other: a reader of stances. For the default tier another one learns stances,
relations and topics at once from the base model on, with the heads of the first; the average of both is rounded and exported, and
the gate learns on it. For the fast tier teach, student, further and soup come before the export. OUT/model is the result,
OUT/float the graph before quantisation, OUT/record.json what was run and for how long. Started again, it goes on where it
stopped: steps that ended are skipped, and training goes on from its last checkpoint.
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
DEFAULT, FAST = "standpoint-en", "standpoint-en-fast"
# The labels alone, with the stance's text: places teach little about stances, and their heads learn from the own text.
BEGIN = "--epochs 2 --rate 5e-5 --head-rate 5e-4 --tokens 1536 --decay 0.995 --stance-only"
LONGER = "--epochs 2 --rate 4e-5 --head-rate 4e-4 --tokens 1536 --decay 0.995 --stance-only"
SHARE = 0.5
# Minutes, since the rate falls with the time.
JOINT = "--minutes 72 --rate 5e-5 --head-rate 5e-4 --tokens 1536 --decay 0.995"
OF_STANCES = 0.3
# Some four bits a weight.
ROUNDED, WORDS = "--step 0.26 --rows 480", "--word-step 0.6"
# Every second layer; sentences without a label outnumber the labelled country sentences two to one.
SHAPE = "--layers 0,2,4,7,9,11 --inner 256"
UNLABELLED = "--unlabelled 12000"
STUDENT = "--teacher-weight 0.6 --epochs 3 --rate 8e-5 --head-rate 6e-4 --tokens 2048 --decay 0.995"
FURTHER = "--teacher-weight 0.6 --epochs 3 --rate 7e-5 --head-rate 5e-4 --tokens 2048 --decay 0.995"
SOUP = 0.3
RECORD = "record.json"
TRAINED = ("begin", "longer", "student", "further")


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


def steps(data: Path, base: Path, out: Path, *, tier: str = DEFAULT, seed: int = SEED) -> list[Step]:
    """In the order in which they need each other."""
    given, seeded = f"--data {_quoted(data)} --base {_quoted(base)}", f"--seed {seed}"
    folder = {name: _quoted(out / name) for name in TRAINED}
    average = {name: _quoted(out / name / "average.pt") for name in folder}
    mixed, soup, logits = (_quoted(out / name) for name in ("mixed.pt", "soup.pt", "logits.json"))
    taught = f"{SHAPE} --teacher {logits} {UNLABELLED}"
    whole = {
        "begin": f"training.train {given} --out {folder['begin']} {BEGIN} {seeded}",
        "longer": f"training.train {given} --out {folder['longer']} --start {average['begin']} {LONGER} {seeded}",
        "mix": f"training.mix {average['begin']} {average['longer']} --share {SHARE} --out {mixed}",
    }
    small = {
        "teach": f"training.teach {given} --weights {mixed} --out {logits} {UNLABELLED}",
        "student": f"training.train {given} --out {folder['student']} {taught} --start {mixed} {STUDENT} {seeded}",
        "further": f"training.train {given} --out {folder['further']} {taught} --start {average['student']} {FURTHER} {seeded}",
        "soup": f"training.mix {average['student']} {average['further']} --share {SOUP} --out {soup}",
    }
    last = _fast(data, base, out, soup) if tier == FAST else _default(data, base, out, mixed, seeded)
    commands = {**whole, **(small if tier == FAST else {}), **last}
    return [Step(name, tuple(shlex.split(command))) for name, command in commands.items()]


def _fast(data: Path, base: Path, out: Path, soup: str) -> dict[str, str]:
    model = _quoted(out / "model")
    return {
        "export": f"training.export --base {_quoted(base)} {SHAPE} --weights {soup} --out {model} --name {FAST}"
        f" --float-out {_float_graph(out)}",
        "seal": f"training.seal {model}",
        "calibrate": f"training.calibrate {_quoted(data)} {model}",
    }


def _default(data: Path, base: Path, out: Path, mixed: str, seeded: str) -> dict[str, str]:
    """Behind the encoder, the heads that learnt with it, and the gate that learns on what it makes of texts as it ships."""
    texts, given = _quoted(data), f"--data {_quoted(data)} --base {_quoted(base)}"
    joint, together, rounded, plain, gate, model = (
        _quoted(out / name) for name in ("joint", "together.pt", "rounded.pt", "plain", "gate", "model")
    )
    heads = f"{joint}/relation.pt {gate}/gate.pt {joint}/topic.pt"
    return {
        "joint": f"training.joint.train {given} --heads {mixed} --out {joint} {JOINT} {seeded}",
        "together": f"training.mix {joint}/average.pt {mixed} --share {OF_STANCES} --out {together}",
        "round": f"training.rounding {given} --weights {together} --out {rounded} {ROUNDED}",
        "export": f"training.export --base {_quoted(base)} --name {DEFAULT} --weights {rounded} --out {plain} {WORDS}"
        f" --float-out {_float_graph(out)} --unrounded {together}",
        "gate": f"training.relations.gate {texts} {plain} {gate}",
        "attach": f"training.relations.attach {plain} {heads} {model} {texts}",
        "calibrate": f"training.calibrate {texts} {model}",
        "topics": f"training.topics.calibrate {texts} {model}",
        "look": f"training.gate.fit {texts} {model} --kept {gate}",
    }


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
    (out / "float").mkdir(parents=True, exist_ok=True)
    for name in ("plain", "model"):
        (out / name).mkdir(parents=True, exist_ok=True)
        target = out / name / "gazetteer.tsv"
        if not target.exists():
            target.write_bytes((locate("standpoint-en") / "gazetteer.tsv").read_bytes())


def main(
    data: Path,
    base: Path,
    out: Path,
    tier: Annotated[str, typer.Option(help=f"{DEFAULT} or {FAST}")] = DEFAULT,
    seed: Annotated[int, typer.Option(help="of every training")] = SEED,
) -> None:
    if tier not in (DEFAULT, FAST):
        raise typer.BadParameter(f"there are {DEFAULT} and {FAST}")
    prepare(out)
    try:
        record = run(steps(data, base, out, tier=tier, seed=seed), out, execute=execute)
    except (OtherRecipe, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    print(f"{out / 'model'} is made; {record.minutes} minutes in all ({out / RECORD})")


def _float_graph(out: Path) -> str:
    return _quoted(out / "float" / "model.onnx")


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


if __name__ == "__main__":
    typer.run(main)
