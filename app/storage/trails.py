"""The cursor of every line of an export: how far the export goes, and how far it has come."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from uuid import UUID

from app.domain.errors import InvalidCursor

_SEAL_BYTES = 8
# No hyphen, with which a spreadsheet would take the cursor for a formula.
_ALTCHARS = b"~_"
_CURSOR = re.compile(r"([A-Za-z0-9_~]{32})\.([0-9a-f-]{36})((?:\.-?[0-9]{1,5})*)")


@dataclass(frozen=True, slots=True)
class Trail:
    """`mark` is the newest article that was stored when the export began: none that comes in meanwhile is in it."""

    mark: UUID
    bound_to: bytes

    @property
    def prefix(self) -> str:
        """The same for all lines, so that a line costs no more than to write its own place behind it."""
        return b64encode(_seal(self.mark.bytes, self.bound_to) + self.mark.bytes, altchars=_ALTCHARS).decode()


def follow(cursor: str, *, bound_to: bytes) -> tuple[Trail, list[str | int]]:
    """The trail and the key of the line. Raises InvalidCursor for a cursor that no line of such an export has."""
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise InvalidCursor("is damaged")
    sealed = b64decode(found[1], altchars=_ALTCHARS)
    seal, mark = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
    # The place needs no seal: whoever makes one up reaches only another place in a list that is open to him.
    if seal != _seal(mark, bound_to):
        raise InvalidCursor("is damaged, or belongs to other filters")
    return Trail(UUID(bytes=mark), bound_to), [found[2], *map(int, found[3].split(".")[1:])]


def _seal(mark: bytes, bound_to: bytes) -> bytes:
    return hashlib.blake2b(mark, key=bound_to, digest_size=_SEAL_BYTES).digest()
