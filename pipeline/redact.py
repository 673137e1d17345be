"""Takes secrets out of texts and tables before anybody sees them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Any, Final, overload
from urllib.parse import quote

from pipeline.texts import Text

MASK: Final = "***"

_SECRET_NAME: Final = re.compile(
    r"(passw(?:or)?d|passphrase|secret|token(?!\.endpoint|s_|s\b)|api[-_.]?key(?![-_]?id)|jaas|"
    r"\.pem|ssl[._](?:keystore[._])?key$|oauthbearer[._]config|user[._]info|"
    r"credential|authorization|cookie|pwd|(?:access|account|subscription|stream)[-_.]?key(?![-_]?id))",
    re.IGNORECASE,
)
"""Names whose values nobody may see, of ours, of librdkafka, and of Java clients."""
_PUBLIC_NAMES: Final = frozenset(
    # The name of a client is no secret, and certificates are public.
    {"ssl.ca.pem", "https.ca.pem", "ssl.certificate.pem"}
    | {"sasl.oauthbearer.client.credentials.client.id"}
)

_QUERY_NAME: Final = (
    r"(?:[\w.%-]{0,40}(?:passw(?:or)?d|passwd|passphrase|pwd|token|secret|key|signature|credential)"
    r"|user|usr|pass|auth|sig|code|jwt|session(?:_?id)?|stream_?id)"
)
"""Names in the query of an address whose values are nobody's business."""

_QUERY: Final = re.compile(rf"(?i)((?:[?&;]|\\u0026){_QUERY_NAME}=)[^&\s'\"]+")

_STREAM_KEY: Final = re.compile(
    r"(?i)(\brtmp[a-z]{0,2}://[^\s/?#'\"<>]+/"
    r"(?:[^\s/?#'\"<>]+/+(?=[^\s'\"<>])|(?=[^\s/?#'\"<>]{16}|•)))"
    r"[^\s'\"<>]*[^\s'\"<>.,:;)\]]"
)
"""What follows the application in rtmp://host/application/key, which with the host tells which camera
it is. A single short part is an application; dots are a key that is hidden already."""

_LOGIN: Final = re.compile(r"(://[^\s/?#:@]*:)[^\s/?#]+(?=@[^\s@/]*)")
"""Of an address by itself. As cameras' passwords may hold an unescaped @, the last one ends them."""

_NAME: Final = (
    r"(?:passw(?:or)?d|passwd|passphrase|secret|(?:api|access|account|subscription|stream)[-_]?key"
    r"|(?:access|auth|refresh|private|security)[-_]?token)"
)
"""Names elsewhere, such as in a file of properties, JSON or a header."""

_VALUE: Final = (
    r"(?!\*\*\*(?:[\s,;})&\"']|$))"
    r"(?:(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\\+\"[^\"]*\"|\\+'[^']*')[^\s,;})&\]]*"
    r"|[^\s,;})]+(?:[,;})]+[^\s,;})\"'\]]+)*)"
)
"""What stands behind such a name: in quotes of any kind, or up to a space or the end of a list."""

_PATTERNS: Final[tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...]] = (
    # rtsp://user:password@host -> rtsp://***@host. The last @ before the path ends the credentials,
    # since camera passwords often hold an unescaped @.
    (
        ("@",),
        re.compile(r"(?<=://)(?:[^\s/?#'\"@:]+:[^\s/\"]*|[^\s/?#'\"]+)@(?=[^\s@/]+)"),
        f"{MASK}@",
    ),
    # rtsp://user:pass/word@host: what follows the colon is no port, so it is a password as well.
    (
        ("@",),
        re.compile(
            r"(?<=://)[^\s/?#'\"@:]+:(?!\d{1,5}(?:[/?#,;'\")\]]|\s|$))[^\s\"@/]{0,199}/[^\s\"]{0,199}@(?=[^\s@/]+)"
        ),
        f"{MASK}@",
    ),
    # The same without a scheme: admin:password@10.0.0.7/1, user:password@broker:9092; but a file
    # of Windows, C:\a@b.mp4, is none.
    (
        ("@",),
        re.compile(
            r"(?<![^\s'\"=,;(\[])(?![A-Za-z]:\\)[^\s:/@'\"=,;(\[]{1,99}:[^\s/'\",]{0,199}@(?=[^\s@/]+)"
        ),
        f"{MASK}@",
    ),
    # The same within another address: ?url=rtsp%3A%2F%2Fuser%3Apassword%40host
    (
        ("%40",),
        re.compile(r"(?i)(%3a%2f%2f)(?:(?!%2f)[^\s&'\"/]){1,199}%40"),
        rf"\1{MASK}%40",
    ),
    # rtmp://host/live/streamkey: whoever knows the key may send pictures in the camera's name.
    (("rtmp",), _STREAM_KEY, rf"\1{MASK}"),
    # Addresses that are given to one program, to post to a chat: .../services/T0/B0/x, .../bot1:x/
    (
        ("hook", "/services/", "/bot"),
        re.compile(
            r"(?i)(://[^\s'\"<>]{1,199}?(?:hooks?|webhookb2|webhooks|services)/|://[^\s'\"<>/]+/bot(?=\d+:))"
            r"[^\s'\"<>]*[^\s'\"<>.,:;)\]]"
        ),
        rf"\1{MASK}",
    ),
    # ?password=...&token=...
    (("=",), _QUERY, rf"\1{MASK}"),
    # Bearer ..., Basic ..., wherever it stands.
    (
        ("bearer", "basic"),
        re.compile(r"(?i)\b(bearer|basic)(?:\s|%20)+[^\s'\",;]{8,}"),
        rf"\1 {MASK}",
    ),
    # Authorization: with any other scheme, some of which hold quotes; cookies.
    (
        ("authorization", "cookie"),
        re.compile(
            r"(?i)\b((?:authorization|cookie)\\*['\"]?\s*[:=]\s*)"
            r"(?:digest\s[^\r\n]*|\\*['\"]?[^'\"\r\n]+)"
        ),
        rf"\1{MASK}",
    ),
    # API keys of OpenAI and its kin, of other clouds, and signed tokens.
    (("sk-",), re.compile(r"\bsk-[A-Za-z0-9_-]{8,}"), f"sk-{MASK}"),
    (
        ("gsk_", "aiza", "hf_", "xai-", "nvapi-", "pplx-", "akia", "ghp_", "github_pat_", "xox"),
        re.compile(
            r"\b(gsk_|AIza|hf_|xai-|nvapi-|pplx-|AKIA|ghp_|github_pat_|xox[abprs]-)[A-Za-z0-9_-]{12,}"
        ),
        rf"\1{MASK}",
    ),
    (
        ("eyj",),
        re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}"),
        f"eyJ{MASK}",
    ),
    # sasl.jaas.config=...: all that stands on the line; what a \ carries to the next has a name.
    (
        ("jaas",),
        re.compile(r"(?i)(jaas[._]config\\*['\"]?\s*[=:]\s*)(?=[^\r\n]*(?:LoginModule|=))[^\r\n]+"),
        rf"\1{MASK}",
    ),
    # sasl.password=..., "api_key": "...", ssl.key.password: ..., X-Api-Key: ...
    (
        ("pass", "secret", "key", "token"),
        re.compile(rf"(?i)([\w.-]{{0,60}}{_NAME}\\*['\"]?\s*[=:]\s*){_VALUE}"),
        rf"\1{MASK}",
    ),
    # --password ... on a command line.
    (
        ("--",),
        re.compile(rf"(?i)(--[\w-]{{0,60}}{_NAME}\s+){_VALUE}"),
        rf"\1{MASK}",
    ),
    (
        ("-----begin",),
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL
        ),
        f"[private key {MASK}]",
    ),
)
"""One of these words must be in a text, case folded, for the pattern to be worth trying: a log line
seldom has any, and the patterns would cost it more than everything else."""


SHORTEST_KNOWN: Final = 4
"""Shorter secrets are not looked for: masking every `a` tells more than it hides."""

_known: tuple[str, ...] = ()
"""Secrets in use, in all the ways in which a text may hold them; the longest first."""

_known_lock: Final = threading.Lock()


def register_secret(secret: str) -> None:
    """Have a secret masked wherever it stands, for as long as the process lives."""
    global _known
    if len(secret) < SHORTEST_KNOWN or secret in _known:
        return
    # As it is, in an address, in JSON, and as Python shows it.
    ways = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    with _known_lock:
        _known = tuple(sorted({*_known, *ways}, key=len, reverse=True))


def forget_secrets() -> None:
    """Mask only what looks like a secret from now on; between tests."""
    global _known
    with _known_lock:
        _known = ()


@overload
def redact_text(text: Text) -> Text: ...
@overload
def redact_text(text: str) -> str: ...
def redact_text(text: str) -> str:
    """Return `text` without registered secrets, and credentials in addresses, keys and passwords."""
    if isinstance(text, Text):
        return text.changed(redact_text)
    if len(text) < SHORTEST_KNOWN:
        return text
    for secret in _known:
        if secret in text:
            text = text.replace(secret, MASK)
    folded = text.casefold()
    for words, pattern, replacement in _PATTERNS:
        if any(word in folded for word in words):
            text = pattern.sub(replacement, text)
    return text


def secrets_in_address(address: str) -> dict[str, tuple[int, int]]:
    """Return from where to where an address, standing by itself, holds secrets, by their kind.

    The kinds stay the same when others of them are hidden.
    """
    found: dict[str, tuple[int, int]] = {}
    for kind, pattern in (("login", _LOGIN), ("stream key", _STREAM_KEY)):
        match = pattern.search(address)
        if match is not None:
            found[kind] = match.end(1), match.end()
    for match in _QUERY.finditer(address):
        if all(match.start() >= end or match.end() <= start for start, end in found.values()):
            found[match[1]] = match.end(1), match.end()
    return found


def is_secret_name(name: str) -> bool:
    """Return whether values of that name are secret."""
    return name not in _PUBLIC_NAMES and _SECRET_NAME.search(name) is not None


def redact_table(table: Any) -> Any:
    """Return a copy of nested maps and lists with secret values masked.

    A value is masked whole when its name tells that it is secret; every other text goes through
    `redact_text`.
    """
    if isinstance(table, Mapping):
        return {
            name: MASK if is_secret_name(str(name)) and value else redact_table(value)
            for name, value in table.items()
        }
    if isinstance(table, list | tuple):
        return [redact_table(value) for value in table]
    return redact_text(table) if isinstance(table, str) else table
