"""Predicted post-encroachment time: worked examples, and what must hold for any two road users."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scheduling.rules.encroachment import MIN_SPEED, Encroachment, Mover, predict


def car(x: float, y: float, vx: float, vy: float) -> Mover:
    return Mover((x, y), (vx, vy), length=4.0, width=2.0)


def walker(x: float, y: float, vx: float, vy: float) -> Mover:
    return Mover((x, y), (vx, vy), length=0.5, width=0.5)


# The car drives along x at 10 m/s and the walker goes along y at 1 m/s; the paths cross at (0, 0).
# The walker is in the car's strip from 1.25 m before the crossing (half the car's width, half the
# walker's length) to 1.25 m behind it; the car is in the walker's from 2.25 m before to 2.25 m behind.
WORKED = [
    # Walker gone at (1 + 1.25) / 1 = 2.25 s; car there at (32.25 - 2.25) / 10 = 3 s.
    ("the walker first", car(-32.25, 0, 10, 0), walker(0, -1, 0, 1), (0.75, 3.0, False)),
    # Car gone at (7.75 + 2.25) / 10 = 1 s; walker there at (3.25 - 1.25) / 1 = 2 s.
    ("the car first", car(-7.75, 0, 10, 0), walker(0, -3.25, 0, 1), (1.0, 2.0, True)),
    # Walker gone 3 - 1.25 = 1.75 s ago; car there at (10 - 2.25) / 10 = 0.775 s.
    ("the walker is past", car(-10, 0, 10, 0), walker(0, 3, 0, 1), (2.525, 0.775, False)),
    # Car left (7.75 - 2.25) / 10 = 0.55 s ago; walker there in 0.45 s.
    ("the car is past", car(7.75, 0, 10, 0), walker(0, -1.7, 0, 1), (1.0, 0.45, True)),
]


@pytest.mark.parametrize(
    ("one", "other", "expected"), [w[1:] for w in WORKED], ids=[w[0] for w in WORKED]
)
def test_worked_examples(one: Mover, other: Mover, expected: tuple[float, float, bool]) -> None:
    found = predict(one, other)
    assert found is not None
    assert found.seconds == pytest.approx(expected[0])
    assert found.arrival_s == pytest.approx(expected[1])
    assert found.first_is_one is expected[2]


def test_slanting_paths_share_a_longer_area() -> None:
    # At 45 degrees: reach of the car (0.5 + 2 cos) / (2 sin) + 2, of the walker (2 + 0.5 cos) /
    # (2 sin) + 0.25.
    sine = math.sqrt(0.5)
    found = predict(car(-7.0, 0, 10, 0), walker(-5 * sine, -5 * sine, sine, sine))
    leaves = (7.0 + (0.5 + 2 * sine) / (2 * sine) + 2) / 10
    arrives = 5.0 - (2 + 0.5 * sine) / (2 * sine) - 0.25
    assert found is not None
    assert found.arrival_s == pytest.approx(arrives)
    assert found.seconds == pytest.approx(arrives - leaves)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (car(-20, 0, 10, 0), walker(0, -2, 0, 1)),
        (car(-10, 0, 10, 0), walker(0, -3, 0, 0)),
        (car(-10, 0, 10, 0), walker(0, -3, 0.2, 0.4)),
        (car(-10, 0, 10, 0), walker(-5, -3, 1, 0)),
        (car(-10, 0, 10, 0), walker(-5, -3, 1, 0.5)),
        (car(-10, 0, 10, 0), walker(20, -3, -1, 0.5)),
        (car(10, 0, 10, 0), walker(0, 3, 0, 1)),
    ],
    ids=[
        "on a collision course",
        "one stands",
        "one as good as stands",
        "side by side",
        "nearly side by side",
        "nearly head on",
        "both are through",
    ],
)
def test_no_encroachment(one: Mover, other: Mover) -> None:
    assert predict(one, other) is None


ORDINARY = st.floats(-60, 60)
SPEEDS = st.floats(-20, 20)
SIZES = st.floats(0.3, 15)
movers = st.builds(
    Mover,
    position=st.tuples(ORDINARY, ORDINARY),
    velocity=st.tuples(SPEEDS, SPEEDS),
    length=SIZES,
    width=SIZES,
)
EVERY = st.floats(allow_nan=True, allow_infinity=True)
strange = st.builds(
    Mover,
    position=st.tuples(EVERY, EVERY),
    velocity=st.tuples(EVERY, EVERY),
    length=SIZES,
    width=SIZES,
)


@given(movers, movers)
def test_it_does_not_matter_who_is_named_first(one: Mover, other: Mover) -> None:
    there, back = predict(one, other), predict(other, one)
    if there is None or back is None:
        assert there is back
        return
    assert back.seconds == pytest.approx(there.seconds)
    assert back.arrival_s == pytest.approx(there.arrival_s)
    if there.seconds > 0:
        assert back.first_is_one is not there.first_is_one


@given(movers | strange, movers | strange)
def test_times_are_never_negative_nor_endless(one: Mover, other: Mover) -> None:
    found = predict(one, other)
    if found is not None:
        assert 0 <= found.seconds < math.inf
        assert 0 <= found.arrival_s < math.inf
        assert min(one.speed, other.speed) >= MIN_SPEED


@given(movers, ORDINARY, ORDINARY, st.floats(0.1, 3))
def test_who_goes_the_same_way_never_crosses(one: Mover, x: float, y: float, faster: float) -> None:
    vx, vy = one.velocity
    beside = Mover((x, y), (vx * faster, vy * faster), 1.0, 1.0)
    assert predict(one, beside) is None


@given(movers, movers, st.floats(0, 2 * math.pi), ORDINARY, ORDINARY)
def test_where_the_origin_is_does_not_matter(
    one: Mover, other: Mover, angle: float, dx: float, dy: float
) -> None:
    def moved(mover: Mover) -> Mover:
        def turned(of: tuple[float, float]) -> tuple[float, float]:
            sine, cosine = math.sin(angle), math.cos(angle)
            return of[0] * cosine - of[1] * sine, of[0] * sine + of[1] * cosine

        x, y = turned(mover.position)
        return Mover((x + dx, y + dy), turned(mover.velocity), mover.length, mover.width)

    here, there = predict(one, other), predict(moved(one), moved(other))
    if here is not None and there is not None:
        assert there.seconds == pytest.approx(here.seconds, abs=1e-3)


@given(movers, movers, st.floats(0.01, 0.5))
def test_a_moment_later_the_same_is_predicted(one: Mover, other: Mover, later_s: float) -> None:
    """Who keeps straight on confirms the prediction."""

    def after(mover: Mover) -> Mover:
        (x, y), (vx, vy) = mover.position, mover.velocity
        return Mover((x + vx * later_s, y + vy * later_s), (vx, vy), mover.length, mover.width)

    now = predict(one, other)
    if now is None or now.arrival_s < later_s + 1e-3 or now.seconds < 1e-3:
        return
    then: Encroachment | None = predict(after(one), after(other))
    assert then is not None
    assert then.seconds == pytest.approx(now.seconds, abs=1e-3)
    assert then.arrival_s == pytest.approx(now.arrival_s - later_s, abs=1e-3)
