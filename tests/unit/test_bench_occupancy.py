"""What the clock of the bench's model server says of a run."""

from __future__ import annotations

import pytest

from pipeline.bench.occupancy import occupancy


def run(slots: int, waves: int, latency_s: float, pause_s: float = 0.0) -> list[float]:
    """Return when the requests come of slots that each pause before their next one."""
    return [wave * (latency_s + pause_s) for wave in range(waves) for _ in range(slots)]


def test_slots_that_are_never_idle_reach_the_ideal() -> None:
    # About a thousandth apart, as they would come.
    came = [moment + (number % 4) / 1024 for number, moment in enumerate(run(4, 11, 0.5))]
    used = occupancy(came, [moment + 0.5 for moment in came], 4)
    assert used.per_s == pytest.approx(8.0)
    assert used.idle_slots == pytest.approx(0.0, abs=1e-9)
    assert used.most == 4
    assert used.start_s == pytest.approx(3 / 1024)
    assert used.tail_s == pytest.approx(0.5)


def test_a_pause_between_requests_is_idle_time() -> None:
    came = run(4, 11, 0.5, pause_s=0.125)
    used = occupancy(came, [moment + 0.5 for moment in came], 4)
    assert used.per_s == pytest.approx(4 / 0.625)
    assert used.idle_slots == pytest.approx(4 * 0.2)


def test_a_slow_start_and_end_are_told_apart_from_the_rate() -> None:
    steady = run(2, 10, 0.5)
    came = [-3.0, *steady[1:]]
    answered = [moment + 0.5 for moment in came[:-1]] + [came[-1] + 9.0]
    used = occupancy(came, answered, 2)
    assert used.per_s == pytest.approx(4.0)
    assert used.start_s == pytest.approx(3.0)
    assert used.tail_s == pytest.approx(9.0)


@pytest.mark.parametrize(
    ("came", "answered"), [([1.0], [2.0]), ([1.0, 2.0], [2.0]), ([1.0] * 2,) * 2]
)
def test_too_little_to_say_anything_is_an_error(came: list[float], answered: list[float]) -> None:
    with pytest.raises(ValueError, match="requests"):
        occupancy(came, answered, 1)
