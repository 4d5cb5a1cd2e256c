"""Cutting an upload: however its bytes arrive, the same lines come out, cut at the same places."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api import lines
from app.api.lines import Cutter, Gunzip, Raw
from app.domain.errors import ImportTooLarge

LINE_LIMIT = 40


def cut(parts: Sequence[bytes], *, limit: int = 10**6) -> list[Raw]:
    cutter = Cutter(line_limit=LINE_LIMIT, limit=limit)
    return [*(raw for part in parts for raw in cutter.feed(part)), *cutter.end()]


@st.composite
def arrivals(draw: Any) -> tuple[bytes, list[bytes]]:
    data = draw(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=40).map(b"\n".join))
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return data, [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


@given(arrivals())
@settings(max_examples=200, deadline=None)
def test_how_bytes_arrive_makes_no_difference(arrival: tuple[bytes, list[bytes]]) -> None:
    data, parts = arrival
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "SLICE_LINES", 7)
        patch.setattr(lines, "SLICE_BYTES", 150)
        assert cut(parts) == cut([data]) == cut([data + b"\n"] if data and not data.endswith(b"\n") else [data])


@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b"")), max_size=60))
@settings(max_examples=200, deadline=None)
def test_every_line_comes_out_once_under_its_number(given_lines: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "SLICE_LINES", 7)
        found = [line for raw in cut([b"".join(line + b"\n" for line in given_lines)]) for line in raw.lines]
    wanted = [(number, line if len(line) <= LINE_LIMIT else None) for number, line in enumerate(given_lines, start=1)]
    assert found == [(number, line) for number, line in wanted if line is None or line.strip()]


def test_another_byte_is_another_digest() -> None:
    digests = [cut([data])[-1].digest for data in (b"a\nb\n", b"a\nc\n", b"ab\n", b"a\nb\n\n", b"a\n\nb\n")]
    assert len(set(digests)) == len(digests)


def test_a_line_without_end_is_not_kept() -> None:
    cutter = Cutter(line_limit=LINE_LIMIT, limit=10**9)
    for _ in range(1_000):
        assert list(cutter.feed(b"x" * 1_000)) == []
        assert len(cutter._rest) <= LINE_LIMIT
    assert [raw.lines for raw in cutter.end()] == [[(1, None)]]


def test_more_than_the_limit_is_refused() -> None:
    with pytest.raises(ImportTooLarge):
        cut([b"x\n" * 60], limit=100)


@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(1, 50))
@settings(max_examples=100, deadline=None)
def test_gzip_members_are_read_one_after_the_other_in_any_pieces(members: list[bytes], size: int) -> None:
    packed = b"".join(map(gzip.compress, members))
    gunzip = Gunzip()
    read = b"".join(piece for start in range(0, len(packed), size) for piece in gunzip.feed(packed[start : start + size]))
    gunzip.end()
    assert read == b"".join(members)


def test_what_is_not_gzip_or_lacks_its_end_says_so() -> None:
    with pytest.raises(ValueError, match="is not gzip"):
        list(Gunzip().feed(b"plain text"))
    gunzip = Gunzip()
    list(gunzip.feed(gzip.compress(b"abc")[:-4]))
    with pytest.raises(ValueError, match="middle"):
        gunzip.end()


def test_a_small_body_that_unfolds_without_end_comes_in_small_pieces() -> None:
    packed = gzip.compress(b" " * 50_000_000)
    assert max(len(piece) for piece in Gunzip().feed(packed)) <= lines.PIECE
