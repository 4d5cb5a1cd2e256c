"""Articles in files: which format a file has, and its articles one by one, good and bad."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import ConfigDict, ValidationError

from app.api import bodies, invalid
from app.api.problems import RequestError
from app.api.schemas_annotations import AnnotateRequest
from app.domain.errors import ForbiddenCharacter

STANDARD_INPUT = "-"


class ArticleLine(AnnotateRequest):
    """An article in a file. Archives have fields of their own, which are no concern of the annotation."""

    model_config = ConfigDict(extra="ignore")


@dataclass(frozen=True, slots=True)
class Place:
    """`line` is None where the file is one article."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


class Unreadable(Exception):
    """An article that cannot be used; the message says where and why."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(f"{place}: {reason}")


Found = tuple[Place, ArticleLine | Unreadable]


def read(path: Path) -> Iterator[Found]:
    name = str(path)
    try:
        with ExitStack() as stack:
            stream = sys.stdin.buffer if name == STANDARD_INPUT else stack.enter_context(path.open("rb"))
            yield from _articles(name, path.suffix.lower(), stream)
    except OSError as error:
        yield Place(name), Unreadable(Place(name), error.strerror or "cannot be read")


def _articles(name: str, suffix: str, stream: BinaryIO) -> Iterator[Found]:
    if suffix in (".ndjson", ".jsonl"):
        yield from _lines(name, stream)
    elif suffix == ".json":
        yield _whole(name, stream.read())
    elif name == STANDARD_INPUT:
        yield from _guessed(name, stream)
    else:
        yield _plain(name, stream.read())


def _guessed(name: str, stream: BinaryIO) -> Iterator[Found]:
    """Standard input has no suffix: NDJSON if its first line is an object, JSON if it only begins like one, else plain text."""
    first = stream.readline()
    if not first.lstrip().startswith(b"{"):
        yield _plain(name, first + stream.read())
    elif first.rstrip().endswith(b"}"):
        yield from _lines(name, stream, first)
    else:
        yield _whole(name, first + stream.read())


def _lines(name: str, stream: BinaryIO, *before: bytes) -> Iterator[Found]:
    number = 0
    for lines in (before, stream):
        for line in lines:
            number += 1
            if line.strip():
                yield _parsed(Place(name, number), line)


def _whole(name: str, data: bytes) -> Found:
    return _parsed(Place(name), data)


def _plain(name: str, data: bytes) -> Found:
    place = Place(name)
    try:
        return place, ArticleLine(text=data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return place, Unreadable(place, "is not UTF-8")


def _parsed(place: Place, data: bytes) -> Found:
    try:
        value = bodies.parse(data)
        bodies.refuse_unstorable(value, names=tuple(ArticleLine.model_fields))
        return place, ArticleLine.model_validate(value)
    except (RequestError, ForbiddenCharacter) as error:
        return place, Unreadable(place, str(error))
    except ValidationError as error:
        parts = invalid.parts(error.errors(include_input=False), known=tuple(ArticleLine.model_fields))
        return place, Unreadable(place, "; ".join(f"{part.pointer} {part.detail}" for part in parts))
