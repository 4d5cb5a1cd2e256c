"""Who calls: all keys in memory, as the database had them a moment ago, so that a check costs microseconds and no round trip."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from app.domain.errors import InvalidKey, KeyRequired, StorageUnavailable
from app.domain.keys import ANONYMOUS, LOCAL, Caller, Key, Lock, Scope
from app.domain.records import now
from app.services import secret, steps
from app.storage import keys
from app.storage.database import Session, Store

STALE_SECONDS = 10.0
"""How long the keys last seen are trusted while the database does not answer. After that nobody gets in: a revoked key shall not
outlive an outage by more than a few seconds."""

SOON = 0.5
"""Of the time for which keys are fresh. Past it the next caller has them read again and does not wait for it, so that a busy
service never stands still for its keys: hundreds of callers would wait for one slow answer of the database."""

USE_SECONDS = 60.0
"""How often the last use of one key is written at most."""

BOOTSTRAP = Caller(name="bootstrap", scope=Scope.ADMIN, key="bootstrap")

# Compared with when there is no such key, so that the time of an answer does not tell which ids exist.
_NOBODY = secret.lock("")


class Keyring:
    """`fresh` is for how many seconds the keys are used before they are read again. `open_without_keys`: as long as there never
    was a key, whoever calls without one is let in. `anonymous`: they always are."""

    def __init__(
        self,
        store: Store,
        *,
        fresh: float,
        bootstrap: str | None = None,
        open_without_keys: bool = False,
        anonymous: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._fresh, self._clock = store, fresh, clock
        self._bootstrap = secret.lock(bootstrap) if bootstrap else None
        self._open_without_keys, self._anonymous = open_without_keys, anonymous
        self._keys: dict[str, tuple[Key, Lock]] = {}
        self._read_at = -math.inf
        self._reading = asyncio.Lock()
        # Nobody waits for this one, but the loop alone would not keep it.
        self._ahead: asyncio.Task[None] | None = None
        self._used: dict[str, datetime] = {}
        self._written: dict[str, float] = {}

    def usable(self) -> bool:
        """Whether anybody who has to show a key could."""
        return self._bootstrap is not None or any(key.live(now()) for key, _ in self._keys.values())

    async def caller(self, shown: str | None) -> Caller:
        """Raises KeyRequired, InvalidKey, and StorageUnavailable when the keys cannot be read."""
        age = self._clock() - self._read_at
        if age > self._fresh:
            await self.refresh(within=self._fresh)
        elif age > self._fresh * SOON and (self._ahead is None or self._ahead.done()):
            self._ahead = asyncio.create_task(self._refresh_ahead())
        if shown is not None:
            return self._owner(shown)
        return self._without_key()

    async def refresh(self, *, within: float = 0.0) -> None:
        """Reads the keys, once for all that wait for it. To whoever comes, a reading of the last `within` seconds will do."""
        asked_at = self._clock()
        async with self._reading:
            if self._read_at >= asked_at - within:
                return
            asked_at = self._clock()
            try:
                self._keys = await steps.read(self._store, _all)
            except StorageUnavailable:
                if self._clock() - self._read_at > STALE_SECONDS:
                    raise
            else:
                self._read_at = asked_at

    async def _refresh_ahead(self) -> None:
        # A database that does not answer is told of once somebody has to wait for it.
        with suppress(StorageUnavailable):
            await self.refresh(within=self._fresh * SOON)

    async def write_uses(self, *, every: float = USE_SECONDS) -> None:
        """Stores the last use of the keys for which that was not done within `every` seconds."""
        moment = self._clock()
        due = {used: when for used, when in self._used.items() if moment - self._written.get(used, -math.inf) >= every}
        if due:
            await steps.write(self._store, _write_uses, due)
        for used, when in due.items():
            self._written[used] = moment
            if self._used[used] == when:
                del self._used[used]

    def _without_key(self) -> Caller:
        if self._open_without_keys and not self._keys and self._bootstrap is None:
            return LOCAL
        if self._anonymous:
            return ANONYMOUS
        raise KeyRequired

    def _owner(self, shown: str) -> Caller:
        if self._bootstrap and secret.opens(shown, self._bootstrap):
            return BOOTSTRAP
        key, lock = self._keys.get(secret.public_id(shown) or "", (None, _NOBODY))
        moment = now()
        if not secret.opens(shown, lock) or key is None or not key.live(moment):
            raise InvalidKey
        self._used[key.id] = moment
        return Caller(name=key.name, scope=key.scope, key=key.id)


def _all(session: Session) -> dict[str, tuple[Key, Lock]]:
    return {row.id: (keys.read(row), keys.lock(row)) for row in session.scalars(keys.listed())}


def _write_uses(session: Session, uses: dict[str, datetime]) -> None:
    for identifier, moment in uses.items():
        session.execute(keys.use(identifier, moment))
