"""Predicted post-encroachment time: how narrowly two road users miss each other. Pure.

Post-encroachment time (PET) is the time from the moment the first road user has left the area where
two paths cross until the second one reaches it (Allen, Shin and Cooper 1978, "Analysis of traffic
conflicts and collisions", Transportation Research Record 667). PET proper is observed afterwards.
A verdict looks at one moment, so here both are taken to keep straight on at their speed, and the PET
that would come of it is told: a *predicted* one, of the kind that Laureshyn, Svensson and Hydén 2010
("Evaluation of traffic safety, based on micro-level behavioural data", Accident Analysis and
Prevention 42) call time advantage.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

MIN_SPEED: Final = 0.5
"""Metres per second; below it the direction of a velocity is the detector's jitter."""
MIN_ANGLE_SINE: Final = 0.5
"""Paths within 30 degrees of each other do not cross: one follows, overtakes or meets the other
(the bound of Gettman et al. 2008, "Surrogate Safety Assessment Model and Validation", FHWA)."""


@dataclass(frozen=True, slots=True)
class Mover:
    """A road user on the road: a rectangle that points where it goes.

    Attributes:
        position: ``(x, y)`` metres, of its middle.
        velocity: ``(vx, vy)`` metres per second.
        length, width: metres, along and across its way.
    """

    position: tuple[float, float]
    velocity: tuple[float, float]
    length: float
    width: float

    @property
    def speed(self) -> float:
        """Metres per second."""
        return math.hypot(*self.velocity)


@dataclass(frozen=True, slots=True)
class Encroachment:
    """Two road users come through the same area, one after the other.

    Attributes:
        seconds: predicted post-encroachment time, 0 or more.
        arrival_s: seconds from now until the second one reaches the area, 0 or more.
        first_is_one: whether it is the `one` that is (or was) there first.
    """

    seconds: float
    arrival_s: float
    first_is_one: bool


def predict(one: Mover, other: Mover) -> Encroachment | None:
    """Return how the two miss each other if both keep straight on at their speeds.

    None where there is nothing of the kind: one stands, their paths do not cross, the second one
    is there or through already, or both would be there at once. The last is a collision course,
    which time to collision judges.
    """
    if not (one.speed >= MIN_SPEED and other.speed >= MIN_SPEED):
        return None
    along, across = _direction(one), _direction(other)
    sine = _cross(along, across)
    if not abs(sine) >= MIN_ANGLE_SINE:
        return None
    way = (other.position[0] - one.position[0], other.position[1] - one.position[1])
    cosine = along[0] * across[0] + along[1] * across[1]
    enters, leaves = _stay(one, other, _cross(way, across) / sine, sine, cosine)
    other_enters, other_leaves = _stay(other, one, _cross(way, along) / sine, sine, cosine)
    if other_enters >= leaves:
        found = Encroachment(other_enters - leaves, other_enters, first_is_one=True)
    elif enters >= other_leaves:
        found = Encroachment(enters - other_leaves, enters, first_is_one=False)
    else:
        return None
    return found if found.arrival_s >= 0 and math.isfinite(found.seconds) else None


def _stay(
    mover: Mover, other: Mover, ahead: float, sine: float, cosine: float
) -> tuple[float, float]:
    """Return when `mover` enters and leaves the area that both sweep, seconds from now.

    The two strips overlap in a parallelogram; along the mover's way it reaches this far to either
    side of the point `ahead` (metres) where the middles' paths cross.
    """
    reach = (other.width + mover.width * abs(cosine)) / (2 * abs(sine)) + mover.length / 2
    return (ahead - reach) / mover.speed, (ahead + reach) / mover.speed


def _direction(mover: Mover) -> tuple[float, float]:
    return mover.velocity[0] / mover.speed, mover.velocity[1] / mover.speed


def _cross(one: tuple[float, float], other: tuple[float, float]) -> float:
    return one[0] * other[1] - one[1] * other[0]
