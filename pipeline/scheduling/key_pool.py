"""Which API key takes the next request. Pure: the time is handed in, nothing waits here.

Invariants, for every history (tests/unit/scheduling/test_key_pool.py): no limit of a key is ever
exceeded; a key that could take requests gets its share; every lease ends, whatever became of its
key meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pipeline.scheduling.key_health import Health
from pipeline.scheduling.key_limits import NO_LIMITS, Booking, KeyLimits, Use
from pipeline.telemetry import SWITCHED_OFF
from pipeline.texts import say

Strategy = Literal["least-loaded", "round-robin", "weighted"]


@dataclass(frozen=True, slots=True)
class KeyConfig:
    """One key as the pool is told of it.

    Attributes:
        key_id: its name, for messages and people; never the key.
        weight: its share of the requests with the strategy ``weighted``.
    """

    key_id: str
    limits: KeyLimits = NO_LIMITS
    weight: float = 1.0
    enabled: bool = True


class Ending(StrEnum):
    """How a request ended, as far as its key is concerned."""

    SUCCESS = "success"
    FAILURE = "failure"
    """The server failed, was silent or talked nonsense over HTTP."""
    RATE_LIMITED = "rate-limited"
    INVALID_KEY = "invalid-key"
    NEUTRAL = "neutral"
    """Says nothing about the key, such as a request that was given up."""


class KeyCondition(StrEnum):
    """Whether a key can be used."""

    READY = "ready"
    COOLING = "cooling"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class KeyState:
    """A key at one moment.

    Attributes:
        cools_until_s: monotonic seconds; None unless it is cooling.
        reason: why it is disabled; empty otherwise.
    """

    key_id: str
    condition: KeyCondition
    in_flight: int
    requests: int
    failures: int
    cools_until_s: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class KeyPast:
    """What a key did of late, for a pool that takes over: the server goes on counting."""

    use: Use
    health: Health


@dataclass(slots=True, eq=False)
class Lease:
    """The right to make one request under a key; to be released once."""

    key_id: str
    booking: Booking
    key: _Key
    is_released: bool = False


@dataclass(slots=True, eq=False)
class _Key:
    """One key.

    Attributes:
        passed: virtual time of its next turn; each turn moves it on by 1 / weight.
        last_turn: number of the turn that it took last.
        is_removed: gone from the settings; requests may still be under way.
    """

    config: KeyConfig
    use: Use
    health: Health = field(default_factory=Health)
    passed: float = 0.0
    last_turn: int = 0
    disabled: str = ""
    is_removed: bool = False

    def condition(self, now_s: float) -> KeyCondition:
        if self.disabled:
            return KeyCondition.DISABLED
        is_cooling = self.health.cools_until_s > now_s
        return KeyCondition.COOLING if is_cooling else KeyCondition.READY


class KeyPool:
    """The keys of one endpoint; used by one thread.

    Args:
        strategy: which of the keys that may take a request gets it.
        keys: the first ones.
        past: what they did under the pool before this one, by key id.
    """

    def __init__(
        self,
        strategy: Strategy,
        keys: Iterable[KeyConfig] = (),
        past: Mapping[str, KeyPast] | None = None,
    ) -> None:
        self._strategy = strategy
        self._keys: dict[str, _Key] = {}
        self._turn = 0
        self._virtual_now = 0.0
        for key_id, before in (past or {}).items():
            self._keys[key_id] = _Key(
                KeyConfig(key_id),
                before.use.handed_on(),
                before.health.handed_on(),
                is_removed=True,
            )
        for config in keys:
            self.put(config)

    # ------------------------------------------------------------------ which keys there are
    def put(self, config: KeyConfig) -> None:
        """Add a key, or go on with another configuration of it.

        A key that was disabled is in use again.
        """
        key = self._keys.get(config.key_id)
        if key is None:
            key = _Key(config, Use(config.limits), passed=self._virtual_now)
            self._keys[config.key_id] = key
        # A key that comes back goes on with what it did before it was taken away.
        key.config = config
        key.use.change(config.limits)
        key.is_removed = False
        key.disabled = "" if config.enabled else SWITCHED_OFF

    def remove(self, key_id: str) -> None:
        """Give a key no more requests.

        What it did is remembered: put again within a minute, it must not take its limits anew.
        """
        if key_id in self._keys:
            self._keys[key_id].is_removed = True

    def past(self) -> dict[str, KeyPast]:
        """Return what the keys did of late, by key id; the pool is not used any more."""
        return {name: KeyPast(key.use, key.health) for name, key in self._keys.items()}

    def disable(self, key_id: str, reason: str) -> None:
        """Give a key no more requests until it is put again."""
        if key_id in self._keys:
            self._keys[key_id].disabled = reason

    # ------------------------------------------------------------------ requests
    def acquire(self, now_s: float, tokens: int = 0) -> Lease | None:
        """Return a lease for a request of about `tokens` tokens; None when no key is free now."""
        free = [
            key
            for key in self._usable()
            if key.condition(now_s) is KeyCondition.READY and key.use.fits(now_s, tokens)
        ]
        if not free:
            return None
        key = min(free, key=self._order)
        self._take_turn(key)
        return Lease(key.config.key_id, key.use.begin(now_s, tokens), key)

    def release(
        self,
        lease: Lease,
        now_s: float,
        ending: Ending,
        *,
        retry_after_s: float | None = None,
        tokens: int | None = None,
        reason: str = "",
    ) -> bool:
        """End a request.

        Args:
            lease: its right; released before, nothing happens.
            now_s: monotonic seconds.
            ending: how it ended.
            retry_after_s: what the server asked for, if it did.
            tokens: what it took; None where that is not known, and the booked ones count.
            reason: why the key is invalid, for people.

        Returns:
            Whether this disabled the key.
        """
        if lease.is_released:
            return False
        lease.is_released = True
        key = lease.key
        key.use.end(lease.booking, tokens)
        return self._judge(key, now_s, ending, retry_after_s, reason)

    def _judge(
        self, key: _Key, now_s: float, ending: Ending, retry_after_s: float | None, reason: str
    ) -> bool:
        health = key.health
        if ending is not Ending.NEUTRAL:
            health.note(now_s, failed=ending is not Ending.SUCCESS)
        match ending:
            case Ending.INVALID_KEY if not key.disabled:
                key.disabled = reason or say("refused by the server")
                return True
            case Ending.RATE_LIMITED:
                health.cool(now_s, retry_after_s)
            case Ending.FAILURE if health.should_cool(now_s):
                health.cool(now_s, retry_after_s)
                health.forget()
        return False

    # ------------------------------------------------------------------ what is to be known
    def next_free_s(self, now_s: float, tokens: int = 0) -> float | None:
        """Return when time alone may free a key; None when only a release can, or nothing."""
        moments = []
        for key in self._usable():
            if key.disabled:
                continue
            limit = key.use.limits.in_flight
            if limit and key.use.in_flight >= limit:
                continue
            when_s = max(key.use.fits_at(now_s, tokens), key.health.cools_until_s)
            if when_s != float("inf"):
                moments.append(when_s)
        return min(moments, default=None)

    def can_ever(self, tokens: int) -> bool:
        """Return whether a request of that many tokens fits under any key that is not disabled."""
        limits = [key.use.limits.tokens_per_minute for key in self._usable() if not key.disabled]
        return not limits or any(not limit or tokens <= limit for limit in limits)

    def states(self, now_s: float) -> tuple[KeyState, ...]:
        """Return every key's state, in the order of the settings."""
        return tuple(
            KeyState(
                key.config.key_id,
                condition := key.condition(now_s),
                key.use.in_flight,
                key.health.requests,
                key.health.failures,
                key.health.cools_until_s if condition is KeyCondition.COOLING else None,
                key.disabled,
            )
            for key in self._usable()
        )

    def resting_until_s(self, now_s: float) -> float | None:
        """Return when the first key is back if none can be used now; infinity for never.

        None while any key is ready, though it may be at a limit for a moment.
        """
        states = self.states(now_s)
        if any(state.condition is KeyCondition.READY for state in states):
            return None
        cooling = [state.cools_until_s for state in states if state.cools_until_s is not None]
        return min(cooling, default=float("inf"))

    # ------------------------------------------------------------------ order
    def _usable(self) -> list[_Key]:
        return [key for key in self._keys.values() if not key.is_removed]

    def _order(self, key: _Key) -> tuple[float, float]:
        match self._strategy:
            case "round-robin":
                return (0.0, key.last_turn)
            case "weighted":
                # A key that was away does not catch up on the turns it missed.
                return (max(key.passed, self._virtual_now), key.last_turn)
            case "least-loaded":
                limit = key.use.limits.in_flight
                return (key.use.in_flight / (limit or 1_000), key.last_turn)

    def _take_turn(self, key: _Key) -> None:
        self._turn += 1
        key.last_turn = self._turn
        begins = max(key.passed, self._virtual_now)
        self._virtual_now = begins
        key.passed = begins + 1.0 / key.config.weight
