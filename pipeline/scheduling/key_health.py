"""How well one API key does of late, and for how long it should rest. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

SHORTEST_S: Final = 10.0
LONGEST_S: Final = 120.0
"""A key rests for so long, the longer the more of its last requests failed."""

LONGEST_ASKED_S: Final = 3600.0
"""What a server asks for by Retry-After is followed up to here."""

REMEMBERED: Final = 20
SPAN_S: Final = 120.0
"""How many of the last requests, and of what time, make the failure rate."""

ENOUGH: Final = 8
TOO_MANY: Final = 0.5
"""A key rests without a 429 when so many requests are known and this share of them failed."""


@dataclass(slots=True)
class Health:
    """The last outcomes of one key.

    Attributes:
        cools_until_s: monotonic seconds; in the past when it does not rest.
        requests, failures: since the key was added.
    """

    cools_until_s: float = float("-inf")
    requests: int = 0
    failures: int = 0
    _outcomes: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def handed_on(self) -> Health:
        """Return a copy for another pool, which counts its own requests."""
        return Health(self.cools_until_s, _outcomes=self._outcomes.copy())

    def note(self, now_s: float, *, failed: bool) -> None:
        """Note the end of a request."""
        self.requests += 1
        self.failures += failed
        self._outcomes.append((now_s, failed))

    def failure_rate(self, now_s: float) -> float:
        """Return the share (0..1) of the last requests that failed."""
        known = [failed for at_s, failed in self._outcomes if at_s > now_s - SPAN_S]
        return sum(known) / len(known) if known else 0.0

    def cool(self, now_s: float, retry_after_s: float | None) -> None:
        """Rest: as long as the server asks, else by the failure rate; never less than before."""
        if retry_after_s is None:
            rest_s = SHORTEST_S + (LONGEST_S - SHORTEST_S) * self.failure_rate(now_s)
        else:
            rest_s = min(LONGEST_ASKED_S, max(0.0, retry_after_s))
        self.cools_until_s = max(self.cools_until_s, now_s + rest_s)

    def should_cool(self, now_s: float) -> bool:
        """Return whether so much failed that a rest is due, though no server asked for one."""
        known = sum(at_s > now_s - SPAN_S for at_s, _ in self._outcomes)
        return known >= ENOUGH and self.failure_rate(now_s) >= TOO_MANY

    def forget(self) -> None:
        """Begin anew after a rest, so that old failures do not start the next one at once."""
        self._outcomes.clear()
