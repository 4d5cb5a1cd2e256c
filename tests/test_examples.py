"""docs/examples.md: every command is asked again, and its answer has the status and the shape that the page shows."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from scripts import examples
from scripts.examples import MORE, Example

pytestmark = pytest.mark.skipif(
    not shutil.which("curl") or not shutil.which("bash"), reason="the page is written for curl and bash"
)

SHOWN = examples.examples(examples.PAGE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Example]]:
    folder = tmp_path_factory.mktemp("examples")
    with examples.service(folder) as address:
        yield examples.asked([example.command for example in SHOWN], address, folder)


@pytest.mark.parametrize(
    "number", range(len(SHOWN)), ids=[f"{number} {found.command[:60]!r}" for number, found in enumerate(SHOWN)]
)
def test_the_answer_is_like_the_one_that_the_page_shows(answers: list[Example], number: int) -> None:
    shown, answer = SHOWN[number], answers[number]
    assert answer.status == shown.status, answer.answer
    expected, found = examples.as_json(shown.answer), examples.as_json(answer.answer)
    assert bool(expected) == bool(found), answer.answer
    if expected:
        same_shape(expected[0], found[0])
    else:
        assert answer.answer.splitlines()[:1] == shown.answer.splitlines()[:1]


def test_every_operation_has_an_example() -> None:
    contract = json.loads((examples.ROOT / "openapi.json").read_text(encoding="utf-8"))
    asked = {request for example in SHOWN for request in requests(example.command)}
    operations = [(method.upper(), path) for path, item in contract["paths"].items() for method in item]
    assert len(operations) > 20
    for method, path in operations:
        form = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
        assert any(verb == method and re.fullmatch(form, address) for verb, address in asked), f"{method} {path}"


def test_every_command_has_its_answer() -> None:
    assert len(SHOWN) > 40
    assert all(example.status and example.answer for example in SHOWN)


def test_an_answer_of_another_shape_is_noticed() -> None:
    same_shape({"items": [{"a": 1, "b": None}, MORE]}, {"items": [{"a": 2, "b": "x"}, {"a": 3, "b": None}]})
    for items in ([], [{"a": 1}], [{"a": "1", "b": None}], [{"a": 1, "b": 1, "c": 1}]):
        with pytest.raises(AssertionError):
            same_shape({"items": [{"a": 1, "b": None}]}, {"items": items})


def requests(command: str) -> Iterator[tuple[str, str]]:
    """Method and path of every curl in a command."""
    starts = [found.start() for found in re.finditer(r"\bcurl ", command)]
    for start, end in pairwise([*starts, len(command)]):
        part = command[start:end]
        method = re.search(r"-X (\w+)", part)
        address = re.search(rf"{examples.WRITTEN_FOR}([^\s'\"?]*)", part)
        assert address, part
        yield method[1] if method else "POST" if " -d " in part else "GET", address[1]


def same_shape(shown: Any, found: Any, place: str = "") -> None:
    """The same keys and kinds of values, where neither is null; of a list what it begins with."""
    if shown is None or found is None:
        return
    assert kind(shown) == kind(found), place
    if isinstance(shown, dict):
        assert shown.keys() == found.keys(), place
        for name, part in shown.items():
            same_shape(part, found[name], f"{place}/{name}")
    elif isinstance(shown, list):
        assert bool(shown) == bool(found), place
        for part, other in zip(shown[:1], found[:1], strict=True):
            same_shape(part, other, f"{place}/0")


def kind(value: Any) -> type:
    return float if type(value) is int else type(value)
