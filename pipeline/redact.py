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
    r"credential|authorization)",
    re.IGNORECASE,
)
"""Names whose values nobody may see, of ours, of librdkafka, and of Java clients."""
_PUBLIC_NAMES: Final = frozenset(
    # The name of a client is no secret, and certificates are public.
    {"ssl.ca.pem", "https.ca.pem", "ssl.certificate.pem"}
    | {"sasl.oauthbearer.client.credentials.client.id"}
)

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
    # ?password=...&token=...
    (
        ("=",),
        re.compile(
            r"(?i)(?<=[?&;])((?:user|usr|password|passwd|pwd|pass|token|key|api_?key|auth|"
            r"signature|sig)=)[^&\s'\"]+"
        ),
        rf"\1{MASK}",
    ),
    # Authorization: Bearer ..., Basic ...
    (
        ("bearer", "basic"),
        re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}"),
        rf"\1 {MASK}",
    ),
    # API keys of OpenAI and its kin.
    (("sk-",), re.compile(r"\bsk-[A-Za-z0-9_-]{8,}"), f"sk-{MASK}"),
    # sasl.password=..., "api_key": "...", ssl.key.password: ...
    (
        ("pass", "secret", "api"),
        re.compile(
            r"(?i)([\w.-]*(?:password|passwd|secret|api[-_]?key)['\"]?\s*[=:]\s*)"
            r"(\"[^\"]*\"|'[^']*'|[^\s,;}\)&]+)"
        ),
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
