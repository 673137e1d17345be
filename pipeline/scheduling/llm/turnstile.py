"""Lets tasks through to the server, one after the other, as slots, keys, endpoint and ceiling allow.

First come, first served. Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pipeline.scheduling.assessor import Trouble
from pipeline.scheduling.key_pool import Ending, KeyCondition, KeyPool, Lease
from pipeline.scheduling.llm.breaker import Breaker
from pipeline.scheduling.llm.usage import Ledger
from pipeline.texts import NOTHING, Text, in_a_row, say

BRIEF_S: Final = 3.0
"""Rests no longer than this are waited out without calling them a trouble."""

LONGEST_NAP_S: Final = 30.0
"""Looks again after this time in any case: a ceiling ends at midnight by the wall clock."""


class UnavailableError(RuntimeError):
    """The model cannot be had now; the text says why. Only where the rules stand in."""


@dataclass(slots=True, eq=False)
class _Waiter:
    future: asyncio.Future[Lease]
    tokens: int


class Turnstile:
    """Where requests wait for their lease."""

    def __init__(
        self,
        pool: KeyPool,
        breaker: Breaker,
        ledger: Ledger,
        *,
        host: str,
        slots: int,
        rules_stand_in: bool,
        clock: Callable[[], float],
    ) -> None:
        """Make a turnstile.

        Args:
            pool: which keys are free.
            breaker: whether the endpoint is up.
            ledger: whether a ceiling is reached.
            host: of the endpoint, for people.
            slots: requests under way at most.
            rules_stand_in: whether nobody waits while the model cannot be had.
            clock: monotonic seconds.
        """
        self._pool = pool
        self._breaker = breaker
        self._ledger = ledger
        self._host = host
        self._slots = slots
        self._rules_stand_in = rules_stand_in
        self._clock = clock
        self._waiting: deque[_Waiter] = deque()
        self._under_way: dict[Lease, int] = {}
        self._booked = 0
        self._typical = 1
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_s = 0.0
        self._resting_since_s: float | None = None
        self._told: tuple[object, Text] = (None, NOTHING)

    async def enter(self, tokens: int) -> Lease:
        """Wait for the right to send a request of about `tokens` tokens.

        Raises:
            UnavailableError: the model cannot be had now, and the rules stand in.
        """
        self._typical = tokens
        waiter = _Waiter(asyncio.get_running_loop().create_future(), tokens)
        self._waiting.append(waiter)
        self._let_through()
        try:
            return await waiter.future
        except asyncio.CancelledError:
            future = waiter.future
            # Let through and cancelled in the same moment: the lease must not be lost.
            if future.done() and not future.cancelled() and future.exception() is None:
                self.leave(future.result(), Ending.NEUTRAL, tokens=0)
            raise

    def leave(
        self,
        lease: Lease,
        ending: Ending,
        *,
        retry_after_s: float | None = None,
        tokens: int | None = None,
        fault: str = "",
    ) -> bool:
        """Give a lease back; return whether that disabled its key.

        Args:
            lease: given by `enter`.
            ending: for the key.
            retry_after_s: what the server asked for.
            tokens: what was used; None where that is not known.
            fault: what speaks against the endpoint or the key; empty when nothing does.
        """
        now_s = self._clock()
        self._booked -= self._under_way.pop(lease, 0)
        if ending is Ending.NEUTRAL:
            self._breaker.gave_up()
        elif ending is Ending.FAILURE:
            self._breaker.failed(now_s, fault)
        else:
            self._breaker.succeeded()
        disabled = self._pool.release(
            lease, now_s, ending, retry_after_s=retry_after_s, tokens=tokens, reason=fault
        )
        self._let_through()
        return disabled

    @property
    def under_way(self) -> int:
        """How many requests are under way."""
        return len(self._under_way)

    def close(self) -> None:
        """Stop looking; whoever waits still is about to be cancelled."""
        if self._timer is not None:
            self._timer.cancel()

    # ------------------------------------------------------------------ letting through
    def _let_through(self) -> None:
        now_s = self._clock()
        while self._waiting:
            waiter = self._waiting[0]
            if waiter.future.done():
                self._waiting.popleft()
                continue
            lease = self._lease(now_s, waiter.tokens)
            if lease is None:
                break
            self._waiting.popleft()
            waiter.future.set_result(lease)
        # After that, so that one request tries whether the endpoint is back.
        if self._rules_stand_in and self._waiting:
            trouble = self.trouble()
            if trouble is not None:
                self._send_away(trouble.reason)
        self._set_timer(now_s)

    def _lease(self, now_s: float, tokens: int) -> Lease | None:
        if not self._has_room(now_s, tokens):
            return None
        lease = self._pool.acquire(now_s, tokens)
        if lease is not None:
            self._breaker.begin()
            self._under_way[lease] = tokens
            self._booked += tokens
        return lease

    def _has_room(self, now_s: float, tokens: int) -> bool:
        if len(self._under_way) >= self._slots or not self._breaker.allows(now_s):
            return False
        # What is under way counts as booked, so that the ceiling holds.
        return not self._ledger.ceiling(tokens + self._booked)

    def _send_away(self, reason: str) -> None:
        while self._waiting:
            future = self._waiting.popleft().future
            if not future.done():
                future.set_exception(UnavailableError(reason))

    def _on_timer(self) -> None:
        self._timer = None
        self._let_through()

    def _set_timer(self, now_s: float) -> None:
        if not self._waiting:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            return
        moments = [now_s + LONGEST_NAP_S]
        free_s = self._pool.next_free_s(now_s, self._waiting[0].tokens)
        # A key that is free already was held back by something else.
        if free_s is not None and free_s > now_s:
            moments.append(free_s)
        opens_s = self._breaker.open_until_s
        if opens_s is not None and opens_s > now_s:
            moments.append(opens_s)
        wakes_s = max(now_s + 0.001, min(moments))
        if self._timer is not None:
            if self._wakes_s <= wakes_s:
                return  # looks soon enough; most of the time somebody leaves long before
            self._timer.cancel()
        self._wakes_s = wakes_s
        self._timer = asyncio.get_running_loop().call_later(wakes_s - now_s, self._on_timer)

    # ------------------------------------------------------------------ trouble
    def trouble(self) -> Trouble | None:
        """Return why nothing, or little, goes through; None when all is well."""
        now_s = self._clock()
        ceiling = self._ceiling()
        if ceiling:
            return self._tell(("ceiling", ceiling), now_s, self._ceiling_words)
        opens_s = self._breaker.open_until_s
        if opens_s is not None:
            trouble = self._tell(("endpoint", opens_s), now_s, self._endpoint_words)
            # Once it may try, one request must come to try with.
            return trouble if now_s < opens_s else Trouble(trouble.reason, pauses=False)
        until_s = self._pool.resting_until_s(now_s)
        if until_s is None:
            self._resting_since_s = None
            return None
        if self._resting_since_s is None:
            self._resting_since_s = now_s
        if until_s - self._resting_since_s < BRIEF_S:
            return None
        return self._tell(("keys", until_s), now_s, self._key_words)

    def _tell(
        self, mark: tuple[str, object], now_s: float, words: Callable[[float], Text]
    ) -> Trouble:
        # Made once for each trouble: a moment computed anew would differ by a second now and then.
        if mark != self._told[0]:
            text = words(now_s)
            if self._rules_stand_in:
                text = in_a_row([text, say("the rules judge meanwhile")])
            self._told = (mark, text)
        return Trouble(self._told[1], pauses=not self._rules_stand_in)

    def _ceiling(self) -> Text:
        # While some are under way, they may turn out to take less than was booked.
        return self._ledger.ceiling(1 if self._under_way else self._typical)

    def _ceiling_words(self, _: float) -> Text:
        return say(
            "the ceiling of {ceiling} is reached; it goes on at 00:00, or once the settings allow more",
            ceiling=self._ceiling(),
        )

    def _endpoint_words(self, now_s: float) -> Text:
        opens_s = self._breaker.open_until_s or now_s
        return say(
            "{host} is down ({reason}); next try at {moment}",
            host=self._host,
            reason=self._breaker.reason,
            moment=_at(opens_s - now_s),
        )

    def _key_words(self, now_s: float) -> Text:
        states = self._pool.states(now_s)
        dead = [
            say("{key}: {reason}", key=state.key_id, reason=state.reason)
            for state in states
            if state.condition is KeyCondition.DISABLED
        ]
        until_s = self._pool.resting_until_s(now_s)
        if until_s is None or until_s == float("inf"):
            if not dead:
                return say("there is no API key; see the settings")
            return say("no API key can be used ({keys}); see the settings", keys=in_a_row(dead))
        return say(
            "all API keys rest ({resting} cooling, {disabled} disabled); it goes on at {moment}",
            resting=len(states) - len(dead),
            disabled=len(dead),
            moment=_at(until_s - now_s),
        )


def _at(seconds: float) -> str:
    moment = datetime.now().astimezone() + timedelta(seconds=seconds)
    return f"{moment:%H:%M:%S}"
