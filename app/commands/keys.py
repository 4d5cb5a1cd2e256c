"""standpoint keys: create, list, rotate, revoke. What is printed to stdout is the answer; all else goes to stderr."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from app import logs, settings
from app.domain.errors import KeyNotFound
from app.domain.keys import Key, Scope
from app.domain.records import now
from app.main import open_store, refusing
from app.refusal import Refusal
from app.services import keys
from app.storage.database import Store

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}

LONGEST = timedelta(days=36_500)
"""A hundred years: what is longer is a typing error, and far beyond it dates end."""

Answer = TypeVar("Answer")


def create(*, name: str, scope: str, expires: str | None) -> None:
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise Refusal("a name has 1 to 100 printable characters")
    lifetime = None if expires is None else duration(expires)
    key, secret = _with_store(lambda store: keys.create(store, name=name, scope=Scope(scope), lifetime=lifetime))
    _show_once(key, secret)


def show() -> None:
    """One line a key: id, scope, state, when it was made, used and ends, name."""
    moment = now()
    print(f"{'id':<12}{'scope':<7}{'state':<9}{'created':<18}{'last used':<18}{'expires':<18}name")
    for key in _with_store(keys.listed):
        times = "".join(f"{_minute(at):<18}" for at in (key.created_at, key.last_used_at, key.expires_at))
        print(f"{key.id:<12}{key.scope:<7}{_state(key, moment):<9}{times}{key.name}")


def rotate(identifier: str, *, grace: str) -> None:
    key, secret = _with_store(lambda store: keys.rotate(store, identifier, grace=duration(grace)))
    print(f"{identifier} is refused after {grace}.", file=sys.stderr)
    _show_once(key, secret)


def revoke(identifier: str) -> None:
    key = _with_store(lambda store: keys.revoke(store, identifier))
    print(f"{key.id} ({key.name}) is revoked; running services refuse it within seconds.", file=sys.stderr)


def duration(text: str) -> timedelta:
    """`90d`, `12h`, `30m`, `0s`. Raises Refusal."""
    found = re.fullmatch(r"(\d{1,9})([dhms])", text)
    if not found or int(found[1]) * UNITS[found[2]] > LONGEST:
        raise Refusal("a time is a number and d, h, m or s, as in 90d, and at most a hundred years")
    return int(found[1]) * UNITS[found[2]]


def _with_store(act: Callable[[Store], Awaitable[Answer]]) -> Answer:
    chosen = settings.load()
    logs.configure(chosen.log_level, chosen.log_format)

    async def run(store: Store) -> Answer:
        return await act(store)

    with open_store(chosen) as store, refusing():
        try:
            return asyncio.run(run(store))
        except KeyNotFound:
            raise Refusal("there is no such key, or it cannot be used any more: see `standpoint keys list`") from None


def _show_once(key: Key, secret: str) -> None:
    ends = f" until {_minute(key.expires_at)} UTC" if key.expires_at else ""
    print(f"Key {key.id} ({key.name}) may {key.scope}{ends}. It is shown this once only:", file=sys.stderr)
    print(secret)


def _state(key: Key, moment: datetime) -> str:
    if key.revoked_at:
        return "revoked"
    return "live" if key.live(moment) else "expired"


def _minute(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M") if at else "-"
