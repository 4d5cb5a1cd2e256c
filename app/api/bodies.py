"""From the bytes of a request to a JSON value that every later step can trust: I-JSON (RFC 7493), bounded, storable."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from fastapi import Request

from app.api import problems
from app.api.problems import RequestError
from app.domain.errors import ForbiddenCharacter

LARGEST_INTEGER = 2**53 - 1
"""Beyond it JSON readers that know only doubles, such as every browser, change the number without a word."""

MAX_DEPTH = 32
"""Levels of nesting. Metadata may have 8; 32 lets its own rule explain itself and is far from Python's recursion limit."""

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL and lone surrogates: the one PostgreSQL does not store, the other has no UTF-8."""


async def read(request: Request, *, limit: int, names: Sequence[str]) -> Any:
    """`names` are the fields that the operation knows; only these are ever repeated in an answer."""
    _refuse_other_media(request)
    value = parse(await _bytes(request, limit))
    refuse_unstorable(value, names=names)
    return value


def parse(data: bytes) -> Any:
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError:
        _malformed("The body is not UTF-8.")
    except json.JSONDecodeError as error:
        _malformed(f"The body is not JSON: it cannot be read from line {error.lineno}, column {error.colno}.")
    except RecursionError:
        _malformed(f"The body is nested deeper than {MAX_DEPTH} levels.")
    if depth(value) > MAX_DEPTH:
        _malformed(f"The body is nested deeper than {MAX_DEPTH} levels.")
    return value


def refuse_unstorable(value: Any, *, names: Sequence[str]) -> None:
    """Raises ForbiddenCharacter for NUL and lone surrogates, in keys too, naming the field of the body that has them."""
    fields = value.items() if isinstance(value, dict) else [("", value)]
    for name, content in fields:
        for text in (name, *strings(content)):
            refuse_in(text, field=name if name in names else "")


def refuse_in(text: str, *, field: str) -> None:
    if found := UNSTORABLE.search(text):
        raise ForbiddenCharacter(field, what="NUL" if found.group() == "\0" else "a lone surrogate", position=found.start())


def strings(value: Any) -> Iterator[str]:
    """All keys and strings in a JSON value. A stack instead of recursion, so that no depth is too deep."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            yield from item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def depth(value: Any) -> int:
    """Levels of objects and arrays; a plain value has none."""
    level, layer = 0, [value]
    while layer := [item for item in layer if isinstance(item, dict | list)]:
        level += 1
        layer = [inner for item in layer for inner in (item.values() if isinstance(item, dict) else item)]
    return level


async def _bytes(request: Request, limit: int) -> bytes:
    """Counts what arrives, since Content-Length may be absent or wrong."""
    if _announced(request) > limit:
        _too_large(limit)
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > limit:
            _too_large(limit)
    return bytes(data)


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    # Longer digits than these are more bytes than any limit; int() itself refuses thousands of them.
    return int(length[:18]) if length.isascii() and length.isdigit() else 0


def _refuse_other_media(request: Request) -> None:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.lower().replace('"', "").replace(" ", "")
    if media_type.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise RequestError(problems.UNSUPPORTED_MEDIA_TYPE, "The body must be application/json in UTF-8.")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise RequestError(problems.UNSUPPORTED_MEDIA_TYPE, "The body must not have a Content-Encoding.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        _malformed("An object of the body has the same name twice.")
    return result


def _constant(_: str) -> NoReturn:
    _malformed("The body has NaN or Infinity, which JSON does not know.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        _malformed("The body has a number too large to be represented.")
    return number


def _bounded(digits: str) -> int:
    if len(digits) > len(str(LARGEST_INTEGER)) + 1 or abs(int(digits)) > LARGEST_INTEGER:
        _malformed("The body has an integer beyond 2^53 - 1; send it as a string.")
    return int(digits)


# Made once: with options of its own, json.loads makes a decoder for every line of an import.
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite, parse_int=_bounded)


def _malformed(detail: str) -> NoReturn:
    raise RequestError(problems.MALFORMED_JSON, detail)


def _too_large(limit: int) -> NoReturn:
    raise RequestError(problems.BODY_TOO_LARGE, f"The body has more than {limit} bytes.")
