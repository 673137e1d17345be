"""How many pictures the wall shows follows how long the window's turns are."""

from __future__ import annotations

from console.models.picture_budget import (
    LEAST_PER_S,
    MOST_PER_S,
    MOST_PER_TILE,
    PictureBudget,
)


def run(budget: PictureBudget, turn_s: float, seconds: float, begin_s: float = 0.0) -> None:
    for number in range(int(seconds / turn_s) + 1):
        budget.note(begin_s + number * turn_s)


def test_on_a_quick_machine_every_tile_has_the_full_rate() -> None:
    budget = PictureBudget()
    run(budget, 0.033, 20)
    assert budget.per_tile(4) == budget.per_tile(16) == MOST_PER_TILE


def test_slow_turns_cost_pictures_of_all_tiles_alike() -> None:
    budget = PictureBudget()
    run(budget, 0.2, 9)
    assert budget.per_s < MOST_PER_S / 3
    assert budget.per_tile(16) < 10
    budget.rest()
    run(budget, 0.2, 100, begin_s=100)
    assert budget.per_s == LEAST_PER_S
    assert budget.per_tile(16) == LEAST_PER_S / 16


def test_they_come_back_when_the_turns_are_short_again() -> None:
    budget = PictureBudget()
    run(budget, 0.2, 60)
    budget.rest()
    run(budget, 0.033, 120, begin_s=1000)
    assert budget.per_s == MOST_PER_S


def test_a_pause_is_no_slow_turn() -> None:
    budget = PictureBudget()
    budget.note(0.0)
    budget.rest()
    run(budget, 0.033, 5, begin_s=600)
    assert budget.per_s == MOST_PER_S
