"""Asks one address, by one HTTPS request, whether there is a newer version of Signalbox.

It tells and links; what to do with the answer is the user's. The request carries nothing but the
name and version of the program. Blocks; call it in a thread.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from pipeline import __version__
from pipeline.texts import Text, say, verbatim

TIMEOUT_S: Final = 10.0
MAX_BYTES: Final = 64_000


class UpdateError(RuntimeError):
    """The question was not answered; the text says why and what to do."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Update:
    """What the address says.

    Attributes:
        version: the newest there is.
        url: a page about it, with https; empty where none is named.
        is_newer: it is newer than the version that runs.
    """

    version: str
    url: str
    is_newer: bool


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """One request and no more: an address that has moved is told, not followed."""

    def redirect_request(self, *_: object) -> None:
        return None


def look(url: str, running: str = __version__) -> Update:
    """Ask `url` once.

    Raises:
        UpdateError: no answer, or none that can be understood.
    """
    if urlsplit(url).scheme != "https":
        raise UpdateError(say("The address for updates must begin with https://."))
    request = urllib.request.Request(
        url, headers={"User-Agent": f"Signalbox/{running}", "Accept": "application/json"}
    )
    opener = urllib.request.build_opener(
        _HttpsOnly, urllib.request.HTTPSHandler(context=ssl.create_default_context())
    )
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            content = answer.read(MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise UpdateError(
                say(
                    "{host} answered {status}. Look at the address in the settings.",
                    host=_host(url),
                    status=error.code,
                )
            ) from error
    except (urllib.error.URLError, TimeoutError, http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise UpdateError(
            say("{host} cannot be asked: {reason}", host=_host(url), reason=reason)
        ) from error
    return _understand(content, running)


def _understand(content: bytes, running: str) -> Update:
    try:
        told = json.loads(content) if len(content) <= MAX_BYTES else None
    except ValueError:
        told = None
    version = told.get("version") if isinstance(told, dict) else None
    if not isinstance(version, str) or not _numbers(version):
        raise UpdateError(
            say(
                "The answer is not understood; wanted is {example} as JSON.",
                example='{"version": "1.2.3"}',
            )
        )
    page = told.get("url") if isinstance(told, dict) else None
    link = page if isinstance(page, str) and urlsplit(page).scheme == "https" else ""
    return Update(version[:40], link, is_newer(version, running))


def is_newer(version: str, than: str) -> bool:
    """Compare the numbers of two versions; what follows them (``rc1``, ``.dev2``) does not count."""
    first, second = _numbers(version), _numbers(than)
    length = max(len(first), len(second))
    return _padded(first, length) > _padded(second, length)


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"v?(\d{1,9}(?:\.\d{1,9}){0,5})", version.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def _padded(numbers: tuple[int, ...], length: int) -> tuple[int, ...]:
    return numbers + (0,) * (length - len(numbers))


def _host(url: str) -> Text:
    """Return what may be told of an address: a path may hold a key."""
    return verbatim(urlsplit(url).hostname or "") or say("the address")
