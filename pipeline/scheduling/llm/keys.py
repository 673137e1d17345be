"""The keys of the settings, with their secrets fetched: what the pool and the requests need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from loguru import logger

from pipeline.redact import MASK, SHORTEST_KNOWN
from pipeline.scheduling.key_limits import KeyLimits
from pipeline.scheduling.key_pool import KeyConfig, KeyPool, KeyState
from pipeline.scheduling.llm.key_memory import MEMORY
from pipeline.secrets import SecretError, masked, resolve
from pipeline.settings_scheduler import KeySettings, LlmSettings
from pipeline.telemetry import KeyView
from pipeline.texts import say

NO_KEY: Final = "no key"
"""Stands for the requests to a server that wants none."""


class BadKeyError(ValueError):
    """What is stored is no API key; the text does not repeat it."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The pool, and the secret of each of its keys.

    Attributes:
        secrets: by key id; never to be logged or shown.
        server: address of the endpoint that counts their requests.
    """

    pool: KeyPool
    secrets: dict[str, str] = field(repr=False)
    server: str = ""

    def remember(self) -> None:
        """Keep what the keys did for the pool that comes next; this one is not used any more."""
        MEMORY.keep(self.server, self.secrets, self.pool.past())

    def masked_in(self, text: str) -> str:
        """Return a server's words without any of the keys: what it was sent, it may repeat."""
        for secret in self.secrets.values():
            if len(secret) >= SHORTEST_KNOWN:
                text = text.replace(secret, MASK)
        return text

    def views(self, now_s: float) -> tuple[KeyView, ...]:
        """Return the keys as the window may show them."""
        return tuple(self._view(state) for state in self.pool.states(now_s))

    def _view(self, state: KeyState) -> KeyView:
        return KeyView(
            state.key_id,
            masked(self.secrets.get(state.key_id, "")),
            state.condition.value,
            state.in_flight,
            state.requests,
            state.failures,
            state.cools_until_s,
            state.reason,
        )


def fetch_keys(settings: LlmSettings) -> Keys:
    """Return the keys of the settings; one whose secret is missing is disabled. Blocks."""
    server = settings.base_url
    if not settings.keys:
        secrets = {NO_KEY: ""}
        past = MEMORY.recall(server, secrets)
        return Keys(KeyPool(settings.strategy, [KeyConfig(NO_KEY)], past), secrets, server)
    secrets, missing = {}, {}
    for key in settings.keys:
        if not key.enabled:
            continue
        try:
            secrets[key.id] = usable(resolve(key.secret))
        except (SecretError, BadKeyError) as error:
            logger.warning("API key {} is disabled: {}", key.id, error)
            missing[key.id] = str(error)
    configs = [_config(key) for key in settings.keys]
    pool = KeyPool(settings.strategy, configs, MEMORY.recall(server, secrets))
    for key_id, reason in missing.items():
        pool.disable(key_id, reason)
    return Keys(pool, secrets, server)


def usable(secret: str) -> str:
    """Return a key as it goes into a header.

    Raises:
        BadKeyError: it cannot.
    """
    text = secret.strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise BadKeyError(say("what is stored is no API key: it has spaces or other characters"))
    return text


def _config(key: KeySettings) -> KeyConfig:
    return KeyConfig(
        key.id,
        KeyLimits(
            per_second=key.requests_per_second,
            per_minute=key.requests_per_minute,
            tokens_per_minute=key.tokens_per_minute,
            in_flight=key.max_in_flight,
        ),
        key.weight,
        key.enabled,
    )
