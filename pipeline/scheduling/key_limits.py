"""What one API key may do, and what it has done within the last second and minute. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

SECOND_S: Final = 1.05
MINUTE_S: Final = 60.5
"""A little more than what is counted at the server, for which requests arrive unevenly."""


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """Limits of one key; 0 is none.

    Attributes:
        per_second, per_minute: requests that may begin within any second, any minute.
        tokens_per_minute: tokens that may be booked within any minute.
        in_flight: requests under way at once.
    """

    per_second: int = 0
    per_minute: int = 0
    tokens_per_minute: int = 0
    in_flight: int = 0


NO_LIMITS: Final = KeyLimits()


@dataclass(slots=True, eq=False)
class Booking:
    """One request that began at `at_s` (monotonic seconds), with the tokens booked for it.

    Attributes:
        counts: whether it began within the last minute.
    """

    at_s: float
    tokens: int
    counts: bool = True


@dataclass(slots=True)
class Use:
    """What began within the last minute under one key."""

    limits: KeyLimits
    in_flight: int = 0
    _bookings: deque[Booking] = field(default_factory=deque)
    _tokens: int = 0

    def fits(self, now_s: float, tokens: int) -> bool:
        """Return whether a request of that many tokens may begin now."""
        if self.limits.in_flight and self.in_flight >= self.limits.in_flight:
            return False
        return self.fits_at(now_s, tokens) <= now_s

    def fits_at(self, now_s: float, tokens: int) -> float:
        """Return when the rates allow a request of that many tokens; infinity for never."""
        self._forget(now_s)
        limits = self.limits
        when_s = now_s
        if limits.per_second:
            when_s = max(when_s, self._nth_last(limits.per_second) + SECOND_S)
        if limits.per_minute:
            when_s = max(when_s, self._nth_last(limits.per_minute) + MINUTE_S)
        if limits.tokens_per_minute:
            when_s = max(when_s, self._tokens_at(now_s, tokens))
        return when_s

    def begin(self, now_s: float, tokens: int) -> Booking:
        """Book a request; the caller has seen that it fits."""
        booking = Booking(now_s, tokens)
        self._forget(now_s)
        self.in_flight += 1
        # Also without limits: some may be set within the next minute.
        self._bookings.append(booking)
        self._tokens += tokens
        return booking

    def end(self, booking: Booking, tokens: int | None) -> None:
        """End a request; `tokens` is what it really took, None where that is not known."""
        self.in_flight -= 1
        if tokens is None:
            return
        if booking.counts:
            self._tokens += tokens - booking.tokens
        booking.tokens = tokens

    def change(self, limits: KeyLimits) -> None:
        """Go on with other limits."""
        self.limits = limits

    def handed_on(self) -> Use:
        """Return a copy for another pool: the same last minute, with nothing under way."""
        return Use(self.limits, 0, deque(replace(one) for one in self._bookings), self._tokens)

    def _forget(self, now_s: float) -> None:
        while self._bookings and self._bookings[0].at_s + MINUTE_S <= now_s:
            booking = self._bookings.popleft()
            booking.counts = False
            self._tokens -= booking.tokens

    def _nth_last(self, count: int) -> float:
        """Return when the request began that is `count` back; minus infinity without one."""
        return self._bookings[-count].at_s if len(self._bookings) >= count else float("-inf")

    def _tokens_at(self, now_s: float, tokens: int) -> float:
        limit = self.limits.tokens_per_minute
        if tokens > limit:
            return float("inf")
        left = self._tokens
        if left + tokens <= limit:
            return now_s
        for booking in self._bookings:
            left -= booking.tokens
            if left + tokens <= limit:
                return booking.at_s + MINUTE_S
        return now_s
