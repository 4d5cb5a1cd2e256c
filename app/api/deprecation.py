"""Operations on their way out. One marker on the route gives the headers of its answers and what the document says of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTICE = timedelta(days=180)
"""Between the first word of it and the end. Half a year holds two quarters of anybody's planning."""

HEADERS = {
    "Deprecation": {
        "description": "Since when this operation is deprecated, as RFC 9745 has it: `@` and seconds since 1970.",
        "schema": {"type": "string", "pattern": "^@[0-9]+$"},
        "example": "@1798761600",
    },
    "Sunset": {
        "description": "From when it may be gone, as RFC 8594 has it: an HTTP date.",
        "schema": {"type": "string", "maxLength": 29},
        "example": "Thu, 01 Jul 2027 00:00:00 GMT",
    },
}


def deprecated(*, since: date, sunset: date, successor: str) -> dict[str, Any]:
    """Arguments for a route: `@router.get("/old", **deprecated(...))`. `successor` is the path to use instead.

    Raises ValueError where `sunset` leaves less than NOTICE.
    """
    if sunset - since < NOTICE:
        raise ValueError(f"sunset must be at least {NOTICE.days} days after {since}")
    dates = {"x-deprecated-since": since.isoformat(), "x-sunset": sunset.isoformat(), "x-successor": successor}
    return {"deprecated": True, "openapi_extra": dates}


def describe(operation: dict[str, Any]) -> None:
    """Adds the headers to the answers of a deprecated operation of the document."""
    if operation.get("deprecated"):
        for response in operation["responses"].values():
            response["headers"] |= {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}


class Announcements:
    """Adds `Deprecation`, `Sunset` and a link to the successor to whatever a deprecated route answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def announced(message: Message) -> None:
            # Only now: the router has written the route into the scope.
            dates = getattr(scope.get("route"), "openapi_extra", None) or {}
            if message["type"] == "http.response.start" and "x-sunset" in dates:
                _announce(MutableHeaders(scope=message), dates)
            await send(message)

        await self.app(scope, receive, announced)


def _announce(headers: MutableHeaders, dates: dict[str, str]) -> None:
    headers["Deprecation"] = f"@{int(_midnight(dates['x-deprecated-since']).timestamp())}"
    headers["Sunset"] = format_datetime(_midnight(dates["x-sunset"]), usegmt=True)
    headers.append("Link", f'<{dates["x-successor"]}>; rel="successor-version"')


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.min, UTC)
