"""Who may call, and by which name: pages of other origins, and the Host header."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import answers
from app.api.answers import METHODS

SENT = ("Accept", "Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "X-API-Key", "X-Request-ID")
"""What a page may send. Browsers ask about each that is not harmless by itself."""

READ = (
    "Content-Disposition",
    "Deprecation",
    "ETag",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Sunset",
    "WWW-Authenticate",
    "X-Request-ID",
)
"""What a page may read. All else but the body and its type is hidden from it."""

PREFLIGHT_SECONDS = 600
"""How long a browser need not ask again. Chromium allows two hours; ten minutes let a change of the setting take effect."""

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Asked by address and not by name by whatever watches over the process; they tell nothing and store nothing."""


class AllowedOrigins(CORSMiddleware):
    """CORS for a list of origins. To all others it is as if there were no CORS: their preflights are a plain 405."""

    def __init__(self, app: ASGIApp, *, origins: Sequence[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=READ,
            max_age=PREFLIGHT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.is_allowed_origin(Headers(scope=scope).get("origin", "")):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class TrustedHosts:
    """Refuses requests for other names, with which a page could reach a service that only its own machine should reach."""

    def __init__(self, app: ASGIApp, *, names: Sequence[str]) -> None:
        self.app = app
        self._exact = frozenset(names)
        self._endings = tuple(name.removeprefix("*") for name in names if name.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or self._knows(Headers(scope=scope)):
            await self.app(scope, receive, send)
        else:
            await answers.misdirected(Request(scope))(scope, receive, send)

    def _knows(self, headers: Headers) -> bool:
        named = [_without_port(host) for host in headers.getlist("host")]
        return bool(named) and all(name in self._exact or name.endswith(self._endings) for name in named)


def _without_port(host: str) -> str:
    """Of `api.example.org:8000` and `[::1]:8000`."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and (port.isdigit() or not port) else host.lower()
