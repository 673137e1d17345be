"""Addresses of streams taken apart, with the login that cameras' addresses carry."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "rtmp": 1935}


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart.

    Attributes:
        bare: the address without credentials.
        path: what of the address the server sees, for people.
    """

    scheme: str
    host: str
    port: int
    bare: str
    path: str
    user: str
    password: str


def split_address(address: str) -> Target | None:
    """Take an address apart; None when its scheme is not known here or it has no host.

    The last @ before the path ends the credentials, since camera passwords often hold one.
    """
    scheme, _, rest = address.partition("://")
    authority, slash, tail = rest.partition("/")
    login, _, place = authority.rpartition("@")
    user, _, password = login.partition(":")
    try:
        parts: SplitResult = urlsplit(f"{scheme}://{place}{slash}{tail}")
        port = parts.port or PORTS.get(scheme.lower(), 0)
    except ValueError:
        return None
    if not parts.hostname or not port:
        return None
    path = parts.path or "/"
    return Target(
        scheme.lower(),
        parts.hostname,
        port,
        parts.geturl(),
        path,
        unquote(user),
        unquote(password),
    )


def basic_login(target: Target) -> str:
    """Return the value of a header for the Basic scheme."""
    return "Basic " + base64.b64encode(f"{target.user}:{target.password}".encode()).decode()
