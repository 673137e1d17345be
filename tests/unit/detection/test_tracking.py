"""Tracking: numbers stay with their objects, velocity is measured, unsure boxes start nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.detection.models import Detections
from pipeline.detection.tracking import Tracked, Tracker

NAMES = ("person", "car", "bus", "bicycle")
PERSON, CAR, BUS, BICYCLE = range(4)
STEP_S = 0.2
"""Five detections a second, as in the demo profile."""

Found = tuple[int, float, tuple[float, float, float, float]]


def frame(*found: Found) -> Detections:
    return Detections(
        np.array([box for _, _, box in found], np.float32).reshape(-1, 4),
        np.array([confidence for _, confidence, _ in found], np.float32),
        np.array([class_id for class_id, _, _ in found], np.int32),
    )


def play(frames: list[Detections], tracker: Tracker | None = None) -> list[Tracked]:
    tracker = tracker or Tracker(NAMES, 0.4)
    return [tracker.update(found, 100 + n * STEP_S) for n, found in enumerate(frames)]


def numbers(tracked: Tracked) -> list[int]:
    assert tracked.detections.track_id is not None
    return [int(number) for number in tracked.detections.track_id]


def person_at(x: float, confidence: float = 0.7) -> Found:
    return PERSON, confidence, (x, 100, x + 20, 150)


def test_a_number_comes_with_the_second_sighting_and_stays() -> None:
    seen = play([frame(person_at(x)) for x in (10, 14, 18, 22)])
    assert [numbers(tracked) for tracked in seen] == [[-1], [1], [1], [1]]


def test_velocity_is_measured_in_pixels_per_second() -> None:
    seen = play([frame(person_at(10 + 4 * n)) for n in range(6)])
    assert np.isnan(seen[1].velocities).all()
    assert seen[-1].velocities[0].tolist() == pytest.approx([20, 0], abs=0.01)


def test_one_who_has_stopped_has_no_velocity() -> None:
    walk = [frame(person_at(10 + 4 * n)) for n in range(6)]
    seen = play(walk + [frame(person_at(30))] * 8)
    assert seen[-1].velocities[0].tolist() == pytest.approx([0, 0], abs=0.01)


def test_nobody_is_looked_for_further_than_a_second_ahead() -> None:
    """Whoever is hidden for longer has rather stopped than gone on."""
    walk = [frame(person_at(10 + 16 * n)) for n in range(5)]
    again = [frame(person_at(74 + 80))] * 2
    seen = play(walk + [frame()] * 6 + again)
    assert numbers(seen[-1]) == numbers(seen[4]) == [1]


def test_a_walker_hidden_for_a_second_keeps_the_number() -> None:
    walk = [frame(person_at(10 + 8 * n)) for n in range(5)]
    hidden = [frame()] * 5
    again = [frame(person_at(10 + 8 * n)) for n in range(10, 12)]
    seen = play(walk + hidden + again)
    assert numbers(seen[-1]) == numbers(seen[4]) == [1]


def test_one_who_is_gone_for_longer_comes_back_as_another() -> None:
    seen = play([frame(person_at(10))] * 3 + [frame()] * 10 + [frame(person_at(10))] * 3)
    assert numbers(seen[2]) == [1]
    assert numbers(seen[-1]) == [2]


def test_two_who_cross_keep_their_numbers() -> None:
    frames = [
        frame(
            (PERSON, 0.8, (10 + 10 * n, 100, 30 + 10 * n, 150)),
            (PERSON, 0.7, (210 - 10 * n, 108, 230 - 10 * n, 158)),
        )
        for n in range(21)
    ]
    seen = play(frames)
    assert numbers(seen[2]) == numbers(seen[-1]) == [1, 2]


def test_an_unsure_box_continues_a_track_but_starts_none() -> None:
    seen = play([frame(person_at(10)), frame(person_at(12)), frame(person_at(14, 0.3))])
    assert numbers(seen[-1]) == [1]
    seen = play([frame(person_at(10, 0.3))] * 4)
    assert [len(tracked.detections) for tracked in seen] == [0, 0, 0, 0]


def test_a_car_taken_for_a_bus_once_stays_a_car() -> None:
    box = (50.0, 50.0, 150.0, 110.0)
    classes = [CAR, CAR, CAR, BUS, CAR]
    seen = play([frame((class_id, 0.6, box)) for class_id in classes])
    assert numbers(seen[3]) == [1]
    assert seen[3].detections.class_id.tolist() == [CAR]


def test_what_it_is_taken_for_lately_counts_more() -> None:
    place = (100.0, 100.0, 200.0, 160.0)
    seen = play([frame((CAR, 0.7, place))] * 10 + [frame((BUS, 0.7, place))] * 8)
    assert seen[-1].detections.class_id.tolist() == [BUS]


def test_a_person_never_continues_a_car() -> None:
    box = (50.0, 50.0, 150.0, 110.0)
    seen = play([frame((CAR, 0.6, box))] * 3 + [frame((PERSON, 0.6, box))] * 3)
    assert numbers(seen[-1]) == [2]


def test_after_a_jump_numbers_are_new() -> None:
    tracker = Tracker(NAMES, 0.4)
    play([frame(person_at(10))] * 3, tracker)
    tracker.reset()
    later = [tracker.update(frame(person_at(10)), 101 + n * STEP_S) for n in range(2)]
    assert numbers(later[-1]) == [2]


box_strategy = st.tuples(
    st.floats(0, 600, width=32),
    st.floats(0, 300, width=32),
    st.floats(0, 200, width=32),
    st.floats(0, 200, width=32),
).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))
object_strategy = st.tuples(
    st.integers(0, len(NAMES) - 1), st.floats(0.125, 1, width=32), box_strategy
)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(0.001, 3), st.lists(object_strategy, max_size=8)),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_comes_numbers_differ_and_boxes_are_those_found(
    frames: list[tuple[float, list[Found]]],
) -> None:
    tracker = Tracker(NAMES, 0.4)
    time_s = 0.0
    for elapsed_s, found in frames:
        time_s += elapsed_s
        given_boxes = frame(*found)
        tracked = tracker.update(given_boxes, time_s)
        confirmed = [number for number in numbers(tracked) if number >= 0]
        assert len(confirmed) == len(set(confirmed))
        offered = {tuple(box) for box in given_boxes.xyxy.tolist()}
        assert {tuple(box) for box in tracked.detections.xyxy.tolist()} <= offered
        sure = int((given_boxes.confidence >= 0.4).sum())
        assert len(tracked.detections) >= sure
