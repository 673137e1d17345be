"""What a model server's clock says of a run: its steady rate, its start and end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Occupancy:
    """How well `slots` requests in flight were used.

    The steady part begins when request number `slots` comes and ends when the last one comes:
    before it slots are filled for the first time, after it no work is left.

    Attributes:
        per_s: requests a second in the steady part.
        idle_slots: slots without a request at the server, on average over the steady part; the way
            of an answer to the client and of the next request back is in it.
        most: requests at once.
        start_s: from the first request to number `slots`.
        tail_s: from the last request to the last answer; the latency at least.
    """

    per_s: float
    idle_slots: float
    most: int
    start_s: float
    tail_s: float


def occupancy(came_s: Sequence[float], answered_s: Sequence[float], slots: int) -> Occupancy:
    """Return what the moments of requests and answers, each in any order, say.

    Raises:
        ValueError: there are not more requests than slots, or not all are answered.
    """
    came, answered = sorted(came_s), sorted(answered_s)
    if len(came) <= slots or len(answered) != len(came):
        raise ValueError(f"{len(came)} requests and {len(answered)} answers for {slots} slots")
    full_s, last_s = came[slots - 1], came[-1]
    length_s = last_s - full_s
    if length_s <= 0:
        raise ValueError("all requests came at once")
    # Between two moments nothing changes: time in flight is what was answered less what came,
    # both cut off at the ends of the steady part.
    busy_s = sum(min(max(end, full_s), last_s) for end in answered)
    busy_s -= sum(max(begin, full_s) for begin in came)
    return Occupancy(
        per_s=(len(came) - slots) / length_s,
        idle_slots=slots - busy_s / length_s,
        most=_most(came, answered),
        start_s=full_s - came[0],
        tail_s=answered[-1] - last_s,
    )


def _most(came: list[float], answered: list[float]) -> int:
    most = done = 0
    for number, moment in enumerate(came, 1):
        while done < len(answered) and answered[done] <= moment:
            done += 1
        most = max(most, number - done)
    return most
