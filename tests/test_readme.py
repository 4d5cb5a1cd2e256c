"""What the README tells a reader to type into a shell does what it says there."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_process import REAL, Service, serving

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(REAL, tmp_path_factory.mktemp("readme")) as running:
        yield running


def section(title: str) -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8").split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]


def blocks(title: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", section(title), re.DOTALL)


def typed(command: str, service: Service, folder: Path) -> str:
    """What it prints. Only the address differs from what stands in the README."""
    here = re.sub(r"(http://)?(localhost|127\.0\.0\.1):8000", service.address, command)
    finished = subprocess.run(["bash", "-euo", "pipefail", "-c", here], cwd=folder, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_first_question_gets_the_answer_that_is_shown(service: Service, tmp_path: Path) -> None:
    (command,) = blocks("Ask", "sh")
    (shown,) = blocks("Ask", "json")
    answer = json.loads(typed(command, service, tmp_path))
    countries = {country["country"]: country for country in answer["countries"]}
    assert len(countries) == len(shown.splitlines())
    for expected in map(json.loads, shown.splitlines()):
        country = countries[expected["country"]]
        assert {name: country[name] for name in expected} == expected


def test_the_shell_snippet_prints_what_it_says(service: Service, tmp_path: Path) -> None:
    title = "Use it from Python, TypeScript or the shell"
    (command,) = blocks(title, "sh")
    (shown,) = re.findall(r"prints\n\n```\n(.*?)```", section(title), re.DOTALL)
    assert typed(command, service, tmp_path) == shown


def test_every_command_about_stored_articles_succeeds(service: Service, tmp_path: Path) -> None:
    questions, downloads = blocks("Store and query", "sh")
    (tmp_path / "article.json").write_text(json.dumps({"text": "China thanked Kazakhstan.", "published_at": "2023-06-26"}))
    answers = [
        json.loads(typed(command.strip(), service, tmp_path))
        for line in questions.splitlines()
        # The shell takes several on a line; curl without --fail would hide a refusal, so each answer is looked at.
        for command in line.split("#")[0].split(" ; ")
    ]
    assert len(answers) == 12
    assert answers[0]["status"] == "annotated"
    assert not [answer for answer in answers if str(answer.get("type", "")).startswith("urn:problem-type:")]
    # All but the first are lists of one kind or another.
    assert all(any(isinstance(part, list) for part in answer.values()) for answer in answers[1:])
    assert typed(downloads, service, tmp_path) == ""
    (line,) = (tmp_path / "china.ndjson").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["country"] == "CN"
    assert len((tmp_path / "china.csv").read_text(encoding="utf-8").splitlines()) == 2
    assert (tmp_path / "sides.csv").read_text(encoding="utf-8").startswith("article_id,annotation_id,from,to,stance,")
