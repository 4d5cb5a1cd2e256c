"""From the bytes of an import to slices of lines, however large the whole is and however it arrives."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.api import bodies, invalid, one_step
from app.api.problems import RequestError
from app.api.schemas_articles import ArticleRequest
from app.domain.errors import ForbiddenCharacter, ImportTooLarge
from app.domain.jobs import Line, Slice
from app.domain.records import Submission

SLICE_LINES = 2_048
"""Lines of one transaction: about a tenth of a second, in which nobody else can write to SQLite."""

SLICE_BYTES = 4_194_304
"""Of long articles fewer lines make a slice, so that neither memory nor the transaction grows with them."""

MOST_LINES = 1_000_000
"""Of one import. Whoever has more sends several, and each of them says how far it is."""

PIECE = 1_048_576
"""Bytes decompressed at once: a small body that unfolds without end stops at the limit and not at the end of memory."""

NAMES = tuple(ArticleRequest.model_fields)


@dataclass(frozen=True, slots=True)
class Raw:
    """A slice whose lines are still bytes, by number; None for a line that is too long to be kept."""

    lines: list[tuple[int, bytes | None]]
    end: int
    digest: bytes

    def parsed(self) -> Slice:
        return Slice([Line(number, _content(line)) for number, line in self.lines], self.end, self.digest)


class Cutter:
    """Cuts the same bytes always at the same places, however they arrive: each line as it is given, ended by a line feed."""

    def __init__(self, *, line_limit: int, limit: int) -> None:
        """Both in bytes."""
        self._line_limit, self._limit = line_limit, limit
        self._digest = hashlib.blake2b(digest_size=16)
        self._rest = b""
        self._too_long = False
        self._received = self._number = self._bytes = 0
        self._cut_at = 0
        self._lines: list[tuple[int, bytes | None]] = []

    def feed(self, data: bytes) -> Iterator[Raw]:
        """Raises ImportTooLarge."""
        self._received += len(data)
        if self._received > self._limit:
            raise ImportTooLarge(f"the import has more than {self._limit} bytes")
        *lines, self._rest = (self._rest + data).split(b"\n")
        yield from self._cut_up(lines)
        if len(self._rest) > self._line_limit:
            # Nothing of it is kept but that it was there.
            self._digest.update(self._rest)
            self._bytes += len(self._rest)
            self._rest, self._too_long = b"", True

    def end(self) -> Iterator[Raw]:
        """A last line may lack its line feed."""
        if self._rest or self._too_long:
            yield from self._cut_up([self._rest])
        if self._number > self._cut_at:
            yield self._cut()

    def _cut_up(self, lines: Sequence[bytes]) -> Iterator[Raw]:
        begin = 0
        for place, line in enumerate(lines, start=1):
            if self._fills(line):
                self._count(lines[begin:place])
                begin = place
                yield self._cut()
        self._count(lines[begin:])

    def _fills(self, line: bytes) -> bool:
        """Whether the slice is full with it."""
        self._number += 1
        if self._number > MOST_LINES:
            raise ImportTooLarge(f"the import has more than {MOST_LINES} lines")
        self._bytes += len(line) + 1
        if self._too_long or len(line) > self._line_limit:
            self._lines.append((self._number, None))
            self._too_long = False
        elif line.strip():
            self._lines.append((self._number, line))
        return self._number - self._cut_at >= SLICE_LINES or self._bytes >= SLICE_BYTES

    def _count(self, lines: Sequence[bytes]) -> None:
        """Many at once, during which other threads have their turn."""
        if lines:
            self._digest.update(b"\n".join(lines) + b"\n")

    def _cut(self) -> Raw:
        raw = Raw(self._lines, self._number, self._digest.digest())
        self._lines, self._bytes, self._cut_at = [], 0, self._number
        return raw


class Gunzip:
    """Decompresses piece by piece; a file may have several members one after the other."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Raises ValueError for what is not gzip."""
        try:
            while data:
                self._begun = True
                yield self._member.decompress(data, PIECE)
                data = self._member.unconsumed_tail
                if self._member.eof:
                    data = self._member.unused_data
                    self._member, self._begun = zlib.decompressobj(wbits=31), False
        except zlib.error:
            raise ValueError("is not gzip") from None

    def end(self) -> None:
        """Raises ValueError where the end is missing."""
        if self._begun:
            raise ValueError("ends in the middle of its gzip")


def whole(articles: list[Any], body: bytes) -> Slice:
    """Of articles that came as one JSON body, of which there are fewer than a slice may have."""
    return next(chained([articles], storable=_storable(body)))


def chained(parts: Iterable[list[Any]], *, storable: bool = False) -> Iterator[Slice]:
    """Of articles that are JSON values already; the same parts have the same digests.

    `storable` says that nothing in them needs to be refused for what cannot be stored.
    """
    digest, end = hashlib.blake2b(digest_size=16), 0
    for part in parts:
        digest.update(json.dumps(part, sort_keys=True).encode())
        numbered = enumerate(part, start=end + 1)
        end += len(part)
        yield Slice([Line(number, _article(value, storable=storable)) for number, value in numbered], end, digest.digest())


def _content(line: bytes | None) -> Submission | str:
    if line is None:
        return "is longer than one request may be"
    if found := one_step.article(line):
        return found.submission()
    return _carefully(line)


def _carefully(line: bytes) -> Submission | str:
    try:
        return _article(bodies.parse(line), storable=_storable(line))
    except RequestError as error:
        return error.detail


def _storable(data: bytes) -> bool:
    """What cannot be stored has no UTF-8 and no place in JSON, except as an escape."""
    return b"\\u" not in data


def _article(value: Any, *, storable: bool = False) -> Submission | str:
    try:
        if not storable:
            bodies.refuse_unstorable(value, names=NAMES)
        return ArticleRequest.model_validate(value).submission()
    except ForbiddenCharacter as error:
        return str(error)
    except ValidationError as error:
        parts = invalid.parts(error.errors(include_input=False), known=NAMES)
        return "; ".join(f"{part.pointer} {part.detail}" for part in parts)
