"""What stands before the first request: who will be let in, and a refusal to start where that would be everybody by accident."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

from app import logs
from app.api.access import Access
from app.domain.errors import StorageUnavailable
from app.rates.bucket import Buckets, Rate
from app.rates.memory import MemoryBuckets
from app.refusal import Refusal
from app.services.keyring import Keyring
from app.settings import Settings
from app.storage.database import Store

WRITE_SECONDS = 5.0
"""How often it is looked whether a last use has to be written. A crash forgets uses of at most this and the minute before."""

log = logs.logger("standpoint.access")


@asynccontextmanager
async def open_access(settings: Settings, store: Store) -> AsyncIterator[Access]:
    """Raises Refusal where strangers could reach a service that has no key, and StorageUnavailable."""
    keyring = Keyring(
        store,
        fresh=settings.key_refresh_seconds,
        bootstrap=settings.bootstrap_key,
        open_without_keys=_only_from_here(settings),
        anonymous=settings.allow_anonymous,
    )
    await keyring.refresh()
    _refuse_strangers(settings, keyring)
    buckets = _buckets(settings.rate_url)
    writing = asyncio.create_task(_write_uses(keyring))
    try:
        yield Access(keyring, buckets, _rate("key", settings.key_rate), _rate("address", settings.address_rate))
    finally:
        writing.cancel()
        await _write(keyring, every=0)
        await buckets.close()


def on_loopback(host: str) -> bool:
    """Whether only this machine can reach it. A name counts if all it stands for does."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host or None, None, flags=socket.AI_PASSIVE)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found)


def _only_from_here(settings: Settings) -> bool:
    """A proxy on this machine lets in whoever reaches the proxy."""
    return on_loopback(settings.host) and not settings.trusted_proxies


def _refuse_strangers(settings: Settings, keyring: Keyring) -> None:
    if settings.allow_anonymous:
        log.warning(
            "STANDPOINT_ALLOW_ANONYMOUS is on: whoever reaches this address may read, write and delete", host=settings.host
        )
    elif not _only_from_here(settings) and not keyring.usable():
        place = f"{settings.host} behind a proxy" if settings.trusted_proxies else settings.host
        raise Refusal(
            f"to listen on {place} it needs a key: create one with `standpoint keys create --name NAME --scope admin`, "
            "or set STANDPOINT_BOOTSTRAP_KEY, or let everybody in with STANDPOINT_ALLOW_ANONYMOUS=true"
        )


def _rate(name: str, per_second: float) -> Rate | None:
    return Rate(name, per_second) if per_second else None


def _buckets(url: str | None) -> Buckets:
    if url is None:
        return MemoryBuckets()
    # Only here: importing redis takes a tenth of a start.
    shared = import_module("app.rates.shared")
    if not shared.AVAILABLE:
        raise Refusal("STANDPOINT_RATE_URL needs the package redis: install standpoint[redis]")
    try:
        buckets: Buckets = shared.SharedBuckets(url)
        return buckets
    except ValueError:
        # Its own message would show the URL, which can hold a password.
        raise Refusal("STANDPOINT_RATE_URL: must be redis://, rediss:// or unix://") from None


async def _write_uses(keyring: Keyring) -> None:
    while True:
        await asyncio.sleep(WRITE_SECONDS)
        await _write(keyring)


async def _write(keyring: Keyring, **options: float) -> None:
    try:
        await keyring.write_uses(**options)
    except StorageUnavailable:
        log.warning("the last uses of keys could not be written; tried again later")
