"""How many pictures a second the wall shows, so that the window keeps answering. Pure.

Every picture costs the GUI thread its painting and a camera's thread its scaling. On a machine that
cannot do all of it, the window's turns become longer: then fewer pictures are shown, of every
camera alike, until the turns are short again.
"""

from __future__ import annotations

from typing import Final

MOST_PER_S: Final = 480.0
"""Sixteen cameras at the full rate."""

LEAST_PER_S: Final = 32.0
MOST_PER_TILE: Final = 30.0
LEAST_PER_TILE: Final = 1.0
JUDGE_EVERY_S: Final = 2.0
SLOW_TURN_S: Final = 0.055
"""Longer turns than this on the mean: less. Undisturbed, a turn of all tiles takes 33 ms."""

QUICK_TURN_S: Final = 0.040
LESS: Final = 0.6
MORE: Final = 1.15


class PictureBudget:
    """Judges the turns of the window, and says what may be shown.

    Attributes:
        per_s: pictures a second, all tiles together.
    """

    def __init__(self) -> None:
        self.per_s = MOST_PER_S
        self._since_s: float | None = None
        self._turns = 0

    def rest(self) -> None:
        """Nothing is shown; what follows is judged anew."""
        self._since_s = None

    def note(self, now_s: float) -> bool:
        """Count a turn; return whether the budget is another now."""
        if self._since_s is None:
            self._since_s, self._turns = now_s, 0
            return False
        self._turns += 1
        span_s = now_s - self._since_s
        if span_s < JUDGE_EVERY_S:
            return False
        turn_s = span_s / self._turns
        self._since_s, self._turns = now_s, 0
        before = self.per_s
        if turn_s > SLOW_TURN_S:
            self.per_s = max(LEAST_PER_S, self.per_s * LESS)
        elif turn_s < QUICK_TURN_S:
            self.per_s = min(MOST_PER_S, self.per_s * MORE)
        return self.per_s != before

    def per_tile(self, tiles: int) -> float:
        """Return pictures a second for each of so many tiles."""
        share = self.per_s / max(1, tiles)
        return max(LEAST_PER_TILE, min(MOST_PER_TILE, share))
