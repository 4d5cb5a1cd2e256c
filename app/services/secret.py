"""Secrets of keys: made, taken apart, and compared in constant time.

A secret holds 256 random bits, so nobody can guess at it however fast the hash is; a slow one (Argon2, bcrypt), which makes up
for weak passwords, would only make every request slow: docs/decisions/0019-keys-in-memory.md.
"""

from __future__ import annotations

import re
import secrets
from base64 import b32encode
from hashlib import blake2b
from hmac import compare_digest

from app.domain.keys import Lock

MARK = "sp"
"""Begins every secret, so that scanners for leaked secrets can know one."""

FORM = re.compile(rf"({MARK}_[a-z2-7]{{8}})_[A-Za-z0-9_-]{{43}}")

SECRET_BYTES = 32
ID_BYTES = 5
"""40 bits: an id need only be unique, and short enough to read out."""


def make() -> tuple[str, str]:
    """Public id and secret."""
    identifier = f"{MARK}_{b32encode(secrets.token_bytes(ID_BYTES)).decode().lower()}"
    return identifier, f"{identifier}_{secrets.token_urlsafe(SECRET_BYTES)}"


def public_id(secret: str) -> str | None:
    """None for what was never one of these secrets."""
    found = FORM.fullmatch(secret)
    return found[1] if found else None


def lock(secret: str) -> Lock:
    salt = secrets.token_bytes(blake2b.SALT_SIZE)
    return Lock(salt, _digest(secret, salt))


def opens(secret: str, lock: Lock) -> bool:
    return compare_digest(_digest(secret, lock.salt), lock.digest)


def _digest(secret: str, salt: bytes) -> bytes:
    return blake2b(secret.encode(), digest_size=32, salt=salt).digest()
