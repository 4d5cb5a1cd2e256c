"""Who calls, and what they may do. A key's secret is shown once and never stored; what is stored does not lead back to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """Each includes the ones before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def covers(self, needed: Scope) -> bool:
        order = list(Scope)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Caller:
    """`key` is the public id of the key that was shown, None for who needs none. `local`: on this machine, so no limit holds."""

    name: str
    scope: Scope
    key: str | None = None
    local: bool = False


ANONYMOUS = Caller(name="anonymous", scope=Scope.ADMIN)
"""Whoever calls where the settings let everybody in."""

LOCAL = Caller(name="anonymous", scope=Scope.ADMIN, local=True)
"""Who calls a service that only this machine can reach and that has no keys."""


@dataclass(frozen=True, slots=True)
class Key:
    """All that is known of a key but its secret. `id` is public: it is the visible prefix of the secret."""

    id: str
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def live(self, moment: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or moment < self.expires_at)


@dataclass(frozen=True, slots=True)
class Lock:
    """What opens to a secret: its salted hash."""

    salt: bytes
    digest: bytes
