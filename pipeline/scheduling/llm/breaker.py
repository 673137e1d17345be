"""A circuit breaker: an endpoint that keeps failing is left alone for a while. Pure."""

from __future__ import annotations

from typing import Final

THRESHOLD: Final = 8
"""So many requests must fail in a row, whatever their keys."""

FIRST_S: Final = 5.0
LONGEST_S: Final = 60.0
MAX_DOUBLINGS: Final = 10
"""More would only make numbers that no float holds, after an outage of many hours."""


class Breaker:
    """Closed while the endpoint works; open for 5, 10 … 60 s; then one request tries.

    Attributes:
        reason: the last failure; empty while it is closed.
    """

    def __init__(self) -> None:
        self.reason = ""
        self._failures = 0
        self._rounds = 0
        self._open_until_s: float | None = None
        self._is_trying = False

    @property
    def is_closed(self) -> bool:
        """Whether the endpoint works as far as is known."""
        return self._open_until_s is None

    @property
    def open_until_s(self) -> float | None:
        """When the next request may try, monotonic seconds; None while it is closed."""
        return self._open_until_s

    def allows(self, now_s: float) -> bool:
        """Return whether a request may begin."""
        if self._open_until_s is None:
            return True
        return now_s >= self._open_until_s and not self._is_trying

    def begin(self) -> None:
        """Note that a request begins that `allows` let pass."""
        if self._open_until_s is not None:
            self._is_trying = True

    def succeeded(self) -> None:
        """Note that the endpoint answered."""
        self.reason = ""
        self._failures = self._rounds = 0
        self._open_until_s = None
        self._is_trying = False

    def failed(self, now_s: float, reason: str) -> None:
        """Note that the endpoint failed."""
        self._failures += 1
        was_trying = self._is_trying
        self._is_trying = False
        if self._open_until_s is None:
            if self._failures < THRESHOLD:
                return
        elif not was_trying:
            return  # began before it opened: no news
        self.reason = reason
        self._open_until_s = now_s + min(LONGEST_S, FIRST_S * 2 ** min(self._rounds, MAX_DOUBLINGS))
        self._rounds += 1

    def gave_up(self) -> None:
        """Note that a request ended without saying anything about the endpoint."""
        self._is_trying = False
