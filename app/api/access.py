"""Who may come in, how often, and to do what. Asked before a byte of the body is read."""

from __future__ import annotations

import ipaddress
import math
import re
from dataclasses import dataclass

from fastapi import Request

from app.api import scopes
from app.domain.errors import InvalidKey, KeyRequired, RateExceeded, ScopeTooSmall
from app.domain.keys import Caller
from app.rates.bucket import Buckets, Rate, Verdict
from app.services.keyring import Keyring

BEARER = re.compile(r"bearer +(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Access:
    """A rate of None is no limit."""

    keyring: Keyring
    buckets: Buckets
    per_key: Rate | None
    per_address: Rate | None


async def admit(request: Request, path: str) -> None:
    """Raises KeyRequired, InvalidKey, RateExceeded, ScopeTooSmall, or StorageUnavailable. `path` is the route's template."""
    scope = scopes.needed(request.method, path)
    if scope is scopes.PUBLIC:
        return
    caller = await _caller(request)
    if not caller.scope.covers(scope):
        raise ScopeTooSmall(caller.scope, needed=scope)


async def _caller(request: Request) -> Caller:
    access: Access = request.app.state.access
    try:
        caller = await access.keyring.caller(_shown(request))
    except (KeyRequired, InvalidKey):
        # Guesses count, so that they come to an end.
        await _count(request, _address(request), access.per_address)
        raise
    request.state.caller = caller
    if not caller.local:
        owner, rate = (caller.key, access.per_key) if caller.key else (_address(request), access.per_address)
        await _count(request, owner, rate)
    return caller


async def _count(request: Request, owner: str, rate: Rate | None) -> None:
    if rate is None:
        return
    verdict = await request.app.state.access.buckets.take(owner, rate)
    request.state.answer_headers = _headers(verdict)
    if not verdict.allowed:
        raise RateExceeded(retry_after=verdict.retry_after)


def _shown(request: Request) -> str | None:
    """Raises InvalidKey for an Authorization header that is no bearer token, and for two keys that differ."""
    shown = request.headers.getlist("x-api-key")
    for value in request.headers.getlist("authorization"):
        found = BEARER.fullmatch(value.strip())
        if not found:
            raise InvalidKey
        shown.append(found[1])
    if len(set(shown)) > 1:
        raise InvalidKey
    return shown[0] if shown else None


def _address(request: Request) -> str:
    """One owner for each /64 of IPv6: that is the least a single household gets, and it may use all of it."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _headers(verdict: Verdict) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers-10 has them: quota and window in seconds, then what remains and until when."""
    rate = verdict.rate
    return {
        "RateLimit-Policy": f'"{rate.name}";q={rate.burst};w={math.ceil(rate.window)}',
        "RateLimit": f'"{rate.name}";r={verdict.remaining};t={math.ceil(verdict.full_after)}',
    }
