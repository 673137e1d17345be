"""One request to the server over aiohttp: bounded in time and size, its failures told apart."""

from __future__ import annotations

import email.utils
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import aiohttp
import msgspec

from pipeline.redact import MASK, redact_text
from pipeline.texts import Text, cause_of, say

MAX_ANSWER_BYTES: Final = 1_000_000
"""A verdict has some hundred bytes; nothing near this is one."""

MAX_ERROR_BYTES: Final = 8_000
SHOWN_CHARS: Final = 300
_CHUNK: Final = 65_536

_REFUSED: Final = frozenset({400, 413, 415, 422})
"""The request itself is not liked; the same one will not be liked later."""

_BAD_KEY: Final = frozenset({401, 402, 403})
_IN_TIME: Final = frozenset({408, 425})


class Fault(StrEnum):
    """What kind of failure a request met."""

    RATE_LIMITED = "rate limited"
    BAD_KEY = "key refused"
    REFUSED = "request refused"
    ENDPOINT = "wrong address or model"
    SERVER = "server error"
    TIMEOUT = "timeout"
    CONNECTION = "connection lost"
    BAD_ANSWER = "unusable answer"


RETRIABLE: Final = frozenset(
    {Fault.RATE_LIMITED, Fault.SERVER, Fault.TIMEOUT, Fault.CONNECTION, Fault.BAD_ANSWER}
)
ENDPOINT_IS_ILL: Final = frozenset(
    {Fault.ENDPOINT, Fault.SERVER, Fault.TIMEOUT, Fault.CONNECTION, Fault.BAD_ANSWER}
)
"""Faults that speak against the endpoint, and not against a key or a request."""


class CallError(Exception):
    """A request did not bring a chat completion; the text is free of secrets.

    Attributes:
        fault: what kind.
        retry_after_s: what the server asked for, if it did.
        words: what the server said.
    """

    def __init__(
        self, fault: Fault, text: Text, *, retry_after_s: float | None = None, words: str = ""
    ) -> None:
        super().__init__(text)
        self.fault = fault
        self.retry_after_s = retry_after_s
        self.words = words


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the connections to one server."""

    connections: int
    connect_timeout_s: float
    timeout_s: float


def open_session(limits: Limits) -> aiohttp.ClientSession:
    """Return a session with as many connections as there may be requests, and no more."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=limits.connections, limit_per_host=limits.connections, ttl_dns_cache=60
        ),
        timeout=aiohttp.ClientTimeout(
            total=limits.timeout_s, sock_connect=limits.connect_timeout_s
        ),
        # What one answer sets is nobody's to send back.
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def post(
    session: aiohttp.ClientSession, url: str, headers: Mapping[str, str], body: bytes, secret: str
) -> bytes:
    """Send a request; return the answer's body, at most `MAX_ANSWER_BYTES` of JSON.

    Args:
        session: made by `open_session`.
        url: where chat completions are.
        headers: with the key.
        body: JSON.
        secret: the key, so that no text that is kept repeats it.

    Raises:
        CallError: anything else came, or nothing.
    """
    try:
        # A redirect would take the key elsewhere.
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            if response.status == 200:
                return await _answer(response)
            words = cleaned(_words(await _beginning(response)), secret)
            raise _refusal(response.status, response.headers, words)
    except TimeoutError:
        raise CallError(Fault.TIMEOUT, say("the server did not answer in time")) from None
    except (aiohttp.ClientError, OSError) as error:
        raise CallError(Fault.CONNECTION, _why_not(error, secret)) from None


def cleaned_text(text: Text, secret: str) -> Text:
    """Return a text whose values are `cleaned`."""
    return text.changed(lambda part: cleaned(part, secret))


def cleaned(text: str, secret: str, limit: int = SHOWN_CHARS) -> str:
    """Return the beginning of a server's words on one line, without the key and other secrets."""
    if secret:
        text = text.replace(secret, MASK)
    return redact_text(" ".join(text[: 4 * limit].split()))[:limit]


def retry_after_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """Return how long the server asks to wait, in seconds; None where it does not say.

    Args:
        headers: ``Retry-After`` in seconds or as a date (RFC 9110), or OpenAI's
            ``retry-after-ms``.
        now_s: seconds since 1970.
    """
    precise = headers.get("retry-after-ms", "")
    if precise.isdecimal():
        return float(precise) / 1000
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - now_s
        except ValueError:
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _why_not(error: Exception, secret: str) -> Text:
    """Return why there is no connection: what is usual in our own words, the rest in theirs."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return say("the name {host} is not known on this network", host=error.host)
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, ConnectionRefusedError
    ):
        return say("nothing listens on port {port}; is the server started?", port=error.port or "?")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return say("the server ended the connection")
    # What aiohttp says besides repeats the address.
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    return say("no connection: {words}", words=cleaned_text(cause_of(inner), secret))


async def _answer(response: aiohttp.ClientResponse) -> bytes:
    kind = response.content_type.lower()
    if "json" not in kind:
        raise CallError(
            Fault.BAD_ANSWER,
            say("the server answered with {kind} and not JSON", kind=kind[:60]),
        )
    length = response.content_length
    if length is not None and length > MAX_ANSWER_BYTES:
        raise _too_large(response)
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_chunked(_CHUNK):
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            raise _too_large(response)
        parts.append(part)
    return b"".join(parts)


def _too_large(response: aiohttp.ClientResponse) -> CallError:
    # Not to be read to its end, so the connection cannot be used again.
    response.close()
    return CallError(
        Fault.BAD_ANSWER,
        say("the answer is larger than {limit:,} bytes", limit=MAX_ANSWER_BYTES),
    )


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    beginning = await response.content.read(MAX_ERROR_BYTES)
    if not response.content.at_eof():
        response.close()
    return beginning


def _words(payload: bytes) -> str:
    """Return what an error says: the message of OpenAI's form and its kin, else all of it."""
    try:
        table = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return payload.decode("utf-8", "replace")
    for _ in range(2):
        if isinstance(table, dict):
            table = table.get("error") or table.get("message") or table.get("detail") or table
    return table if isinstance(table, str) else payload.decode("utf-8", "replace")


def _refusal(status: int, headers: Mapping[str, str], words: str) -> CallError:
    text = (
        say("the server answered {status}: {words}", status=status, words=words)
        if words
        else say("the server answered {status}", status=status)
    )
    if status == 429:
        wait_s = retry_after_s(headers, time.time())
        return CallError(Fault.RATE_LIMITED, text, retry_after_s=wait_s, words=words)
    if status in _BAD_KEY:
        return CallError(Fault.BAD_KEY, text, words=words)
    if status in _REFUSED:
        return CallError(Fault.REFUSED, text, words=words)
    if status in _IN_TIME or status >= 500:
        wait_s = retry_after_s(headers, time.time())
        return CallError(Fault.SERVER, text, retry_after_s=wait_s, words=words)
    return CallError(Fault.ENDPOINT, text, words=words)
