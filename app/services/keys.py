"""Keys: create, list, rotate, revoke."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.domain.errors import KeyNotFound
from app.domain.keys import Key, Scope
from app.domain.records import now
from app.services import secret, steps
from app.storage import keys
from app.storage.database import Session, Store


async def create(store: Store, *, name: str, scope: Scope, lifetime: timedelta | None = None) -> tuple[Key, str]:
    """The key and its secret, which nobody can read again."""
    return await steps.write(store, _create, name, scope, lifetime)


async def listed(store: Store) -> list[Key]:
    """The oldest first, revoked and expired ones too."""
    return await steps.read(store, _listed)


async def rotate(store: Store, identifier: str, *, grace: timedelta) -> tuple[Key, str]:
    """A new key of the same name, scope and lifetime; the old one ends after `grace`. Raises KeyNotFound."""
    return await steps.write(store, _rotate, identifier, grace)


async def revoke(store: Store, identifier: str) -> Key:
    """Doing it again changes nothing. Raises KeyNotFound."""
    return await steps.write(store, _revoke, identifier)


def _create(session: Session, name: str, scope: Scope, lifetime: timedelta | None) -> tuple[Key, str]:
    identifier, made = secret.make()
    moment = now()
    key = Key(identifier, name, scope, moment, expires_at=moment + lifetime if lifetime else None)
    session.execute(keys.insertion(key, secret.lock(made)))
    return key, made


def _listed(session: Session) -> list[Key]:
    return [keys.read(row) for row in session.scalars(keys.listed())]


def _rotate(session: Session, identifier: str, grace: timedelta) -> tuple[Key, str]:
    old = _existing(session, identifier)
    if not old.live(now()):
        raise KeyNotFound(identifier)
    lifetime = old.expires_at - old.created_at if old.expires_at else None
    session.execute(keys.expiry(identifier, now() + grace))
    return _create(session, old.name, old.scope, lifetime)


def _revoke(session: Session, identifier: str) -> Key:
    key = _existing(session, identifier)
    moment = key.revoked_at or now()
    session.execute(keys.revocation(identifier, moment))
    return replace(key, revoked_at=moment)


def _existing(session: Session, identifier: str) -> Key:
    row = session.scalar(keys.found(identifier))
    if row is None:
        raise KeyNotFound(identifier)
    return keys.read(row)
