"""Statements on keys. The row of a revoked key stays: that there ever was a key is what keeps a service closed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Insert, Select, Update, insert, or_, select, update

from app.domain.keys import Key, Lock
from app.storage.tables import KeyRow


def listed() -> Select[KeyRow]:
    return select(KeyRow).order_by(KeyRow.created_at, KeyRow.id)


def found(identifier: str) -> Select[KeyRow]:
    return select(KeyRow).where(KeyRow.id == identifier)


def insertion(key: Key, lock: Lock) -> Insert:
    return insert(KeyRow).values(
        id=key.id,
        name=key.name,
        scope=key.scope,
        salt=lock.salt,
        digest=lock.digest,
        created_at=key.created_at,
        expires_at=key.expires_at,
    )


def revocation(identifier: str, moment: datetime) -> Update:
    """The first time stays."""
    return update(KeyRow).where(KeyRow.id == identifier, KeyRow.revoked_at.is_(None)).values(revoked_at=moment)


def expiry(identifier: str, moment: datetime) -> Update:
    """Makes it end at `moment`, if it does not end before."""
    later = or_(KeyRow.expires_at.is_(None), KeyRow.expires_at > moment)
    return update(KeyRow).where(KeyRow.id == identifier, later).values(expires_at=moment)


def use(identifier: str, moment: datetime) -> Update:
    """Of several replicas the last to have seen it is right."""
    older = or_(KeyRow.last_used_at.is_(None), KeyRow.last_used_at < moment)
    return update(KeyRow).where(KeyRow.id == identifier, older).values(last_used_at=moment)


def read(row: KeyRow) -> Key:
    return Key(row.id, row.name, row.scope, row.created_at, row.expires_at, row.revoked_at, row.last_used_at)


def lock(row: KeyRow) -> Lock:
    return Lock(row.salt, row.digest)
