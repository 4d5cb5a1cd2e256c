"""python -m scripts.examples: asks a fresh service everything that docs/examples.md asks, and writes the answers into it.

The service is a real one, with the shipped model and the articles of `standpoint demo`. Commands are those of the page; whatever
stands under one as its answer is replaced.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "examples.md"
WRITTEN_FOR = "localhost:8000"

COMMAND = re.compile(r"```sh\n(?P<command>.*?)```\n(?:\n`(?P<status>\d{3})`\n\n```\w*\n(?P<answer>.*?)```\n)?", re.DOTALL)

ITEMS = 1
"""Of a list; the others are like it."""

LETTERS = 120
"""Of a text in an answer."""

WIDTH = 150

LINES = 3
"""Of a file or of plain text."""

MORE = "…"


@dataclass(frozen=True)
class Example:
    command: str
    status: str
    answer: str


def examples(page: str) -> list[Example]:
    return [Example(*(found[name] or "" for name in ("command", "status", "answer"))) for found in COMMAND.finditer(page)]


def asked(commands: Sequence[str], address: str, folder: Path) -> list[Example]:
    """The commands in one shell, one after the other as a reader would paste them. Answers are whole."""
    parts = [_PRELUDE.format(python=sys.executable)]
    for number, command in enumerate(commands):
        there = command.replace(WRITTEN_FOR, address)
        parts.append(f"{{\n{there}}} > {number}.answer 2> {number}.status\n")
    subprocess.run(["bash", "-c", "".join(parts)], cwd=folder, env=environment(folder), timeout=300, check=False)
    return [_example(command, folder / str(number)) for number, command in enumerate(commands)]


# curl says the status of every answer on standard error, whatever the reader is shown.
_PRELUDE = """\
curl() {{ command curl --max-time 60 -w '%{{stderr}}%{{http_code}}\\n' "$@"; }}
standpoint() {{ "{python}" -c 'from app.cli import main; main()' "$@"; }}
"""


def _example(command: str, files: Path) -> Example:
    said = files.with_suffix(".status").read_text(encoding="utf-8")
    statuses = re.findall(r"^\d{3}$", said, re.MULTILINE)
    answer = files.with_suffix(".answer").read_text(encoding="utf-8").replace("\r\n", "\n")
    return Example(command, statuses[-1] if statuses else f"none: {said}", answer)


def written(page: str, found: Sequence[Example]) -> str:
    each = iter(found)

    def block(_: re.Match[str]) -> str:
        example = next(each)
        language, answer = shown(example.answer)
        shell = f"```sh\n{example.command}```\n"
        return f"{shell}\n`{example.status}`\n\n```{language}\n{answer}\n```\n" if answer else shell

    return COMMAND.sub(block, page)


def shown(answer: str) -> tuple[str, str]:
    """The language of the block, and the answer as short as it can be understood."""
    values = as_json(answer)
    if len(values) == 1:
        return "json", laid_out(shortened(values[0]))
    lines = [json.dumps(shortened(value), ensure_ascii=False) for value in values] or answer.strip().splitlines()
    return "text", "\n".join([*lines[:LINES], MORE] if len(lines) > LINES else lines)


def as_json(answer: str) -> list[Any]:
    """One value, or those of the lines of NDJSON; none of any other text."""
    for parts in ([answer], answer.splitlines()):
        try:
            return [json.loads(part) for part in parts if part != MORE]
        except json.JSONDecodeError:
            continue
    return []


def shortened(value: Any) -> Any:
    match value:
        case dict():
            return {name: shortened(part) for name, part in value.items()}
        case list():
            return [shortened(part) for part in value[:ITEMS]] + [MORE] * (len(value) > ITEMS)
        case str() if len(value) > LETTERS:
            return value[:LETTERS] + MORE
        case _:
            return value


def laid_out(value: Any, margin: str = "") -> str:
    """JSON with as few lines as fit the page's width."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(margin) + len(flat) <= WIDTH or not isinstance(value, dict | list):
        return flat
    inner = margin + " "
    if isinstance(value, list):
        return f",\n{inner}".join([laid_out(part, inner) for part in value]).join([f"[\n{inner}", f"\n{margin}]"])
    parts = [f"{json.dumps(name)}: {laid_out(part, inner)}" for name, part in value.items()]
    return f",\n{inner}".join(parts).join([f"{{\n{inner}", f"\n{margin}}}"])


@contextmanager
def service(folder: Path) -> Iterator[str]:
    """Host and port of a service with the articles of `standpoint demo`."""
    subprocess.run([*_STANDPOINT, "demo"], cwd=folder, env=environment(folder), check=True, capture_output=True, timeout=300)
    port = _free_port()
    variables = {**environment(folder), "STANDPOINT_PORT": str(port)}
    process = subprocess.Popen([*_STANDPOINT, "serve"], cwd=folder, env=variables, stderr=subprocess.DEVNULL)
    try:
        _wait(process, port)
        yield f"localhost:{port}"
    finally:
        process.terminate()
        process.wait(60)


_STANDPOINT = [sys.executable, "-c", "from app.cli import main; main()"]


def environment(folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STANDPOINT_")}
    # The page's webhook calls this machine.
    private = {"STANDPOINT_WEBHOOK_PRIVATE": "true"}
    return {**inherited, **private, "PYTHONPATH": str(ROOT), "STANDPOINT_DATABASE_URL": f"sqlite:///{folder}/standpoint.db"}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the service did not start")


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name, service(Path(name)) as address:
        found = asked([example.command for example in examples(page)], address, Path(name))
    PAGE.write_text(written(page, found), encoding="utf-8")


if __name__ == "__main__":
    main()
