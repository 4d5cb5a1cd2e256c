"""Cursors: the key of the last row, as text that only means something for the list it came from."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, urlsafe_b64encode
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from app.domain.errors import InvalidCursor
from app.domain.records import ArticleFilter, Sort
from app.domain.textquery import TextQuery

_SEAL_BYTES = 8


def binding(listed: str, wanted: ArticleFilter | None = None, sort: Sort | None = None, *, about: str = "") -> bytes:
    """What a cursor belongs to: which list, which filters, which sort."""
    conditions = wanted and {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    parts = [listed, conditions, sort, about]
    return hashlib.blake2b(_written(parts).encode(), digest_size=32).digest()


def encode(key: list[Any], *, bound_to: bytes) -> str:
    payload = json.dumps(key, default=str, separators=(",", ":")).encode()
    return _letters(_seal(payload, bound_to) + payload)


def decode(cursor: str, *, bound_to: bytes) -> list[Any]:
    """Raises InvalidCursor for anything that `encode` did not return for the same list."""
    try:
        sealed = b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        seal, payload = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
        key = json.loads(payload)
    except ValueError:
        raise InvalidCursor("is damaged") from None
    # Base64 can write the same bytes in several ways; only one of them is ours.
    if seal != _seal(payload, bound_to) or _letters(sealed) != cursor or not isinstance(key, list):
        raise InvalidCursor("is damaged, or belongs to other filters or another sort")
    return key


def _seal(payload: bytes, bound_to: bytes) -> bytes:
    # This finds mistakes. Who forges one reaches only another place in a list that is open to them anyway.
    return hashlib.blake2b(payload, key=bound_to, digest_size=_SEAL_BYTES).digest()


def _letters(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def _plain(value: datetime | TextQuery) -> object:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else asdict(value)


# Made once: with options of its own, json.dumps makes an encoder each time.
_written = json.JSONEncoder(default=_plain).encode
