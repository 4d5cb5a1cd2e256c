"""The twin's service alone in the world: for webhooks to addresses that somebody made up, and that are somebody's."""

from __future__ import annotations

import ipaddress
import socket
import sys
from types import SimpleNamespace
from typing import Any

from app.dispatch import addresses
from tests.twin_server import run

SOMEWHERE = "1.1.1.1"
"""Public, so that webhooks can be registered; whether anybody is there is never tried."""


def look_up(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
    """No server of names is asked: what is no address and not this machine is the same place for all names."""
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        address = "127.0.0.1" if host == "localhost" else SOMEWHERE
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


def stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """Python asks this before any connection is made, whichever library makes it."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    if not ipaddress.ip_address(arguments[1][0]).is_loopback:
        raise ConnectionRefusedError("the tests call nobody")


if __name__ == "__main__":
    addresses.socket = SimpleNamespace(getaddrinfo=look_up, SOCK_STREAM=socket.SOCK_STREAM)  # type: ignore[attr-defined]
    sys.addaudithook(stay_here)
    run()
