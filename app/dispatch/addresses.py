"""Where a webhook leads: a name is resolved once, and the address that was looked at is the one that is called."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from anyio import to_thread

from app.domain.errors import ForbiddenAddress


@dataclass(frozen=True, slots=True)
class Destination:
    scheme: str
    host: str
    port: int
    path: str
    address: str

    @property
    def authority(self) -> str:
        """As the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


class Resolver:
    """`private` allows addresses of this network."""

    def __init__(self, *, private: bool) -> None:
        self._private = private

    async def check(self, url: str) -> None:
        """Raises ForbiddenAddress."""
        await to_thread.run_sync(self.resolve, url)

    def resolve(self, url: str) -> Destination:
        """Raises ForbiddenAddress for a name that is unknown, or of whose addresses any is not public."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError, UnicodeError):
            raise ForbiddenAddress("its host cannot be found") from None
        addresses = [str(entry[4][0]) for entry in found]
        if not self._private and not all(map(public, addresses)):
            raise ForbiddenAddress("its host has a private or loopback address")
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        return Destination(parts.scheme, host, port, path, addresses[0])


def public(address: str) -> bool:
    """An address inside another one counts too: IPv4 as IPv6, 6to4, Teredo, and NAT64."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1]) or _nat64(ip)
        if inner is not None and not public(str(inner)):
            return False
    return ip.is_global and not ip.is_multicast


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in ipaddress.ip_network("64:ff9b::/96") else None
