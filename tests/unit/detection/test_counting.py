"""Counting at lines and in zones: once, in the right direction, in spite of trembling boxes."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipeline.detection.counting import FORGET_S, LEAVE_S, LineCounter, SceneCounter
from pipeline.messages import DetectedObject
from pipeline.settings_cameras import CameraSettings

Point = tuple[float, float]
MARGIN = 0.02
LEVEL_LINE = ((0.2, 0.5), (1.4, 0.5))
"""From left to right: what comes from above comes over from the left of who looks along it."""

noise = st.floats(-0.95 * MARGIN, 0.95 * MARGIN)
steps = st.integers(2, 40)


def crossings(path: list[Point], line: tuple[Point, Point] = LEVEL_LINE) -> list[str]:
    counter = LineCounter(*line)
    found = [counter.update(1, place, MARGIN) for place in path]
    return [direction for direction in found if direction]


def straight(start: Point, end: Point, count: int) -> list[Point]:
    shares = [n / (count - 1) for n in range(count)]
    return [
        (start[0] + s * (end[0] - start[0]), start[1] + s * (end[1] - start[1])) for s in shares
    ]


def trembling(path: list[Point], data: st.DataObject) -> list[Point]:
    return [(x + data.draw(noise), y + data.draw(noise)) for x, y in path]


@given(st.floats(0.3, 1.3), st.floats(0.3, 1.3), steps, st.data())
def test_who_crosses_is_counted_once_and_in_the_right_direction(
    from_x: float, to_x: float, count: int, data: st.DataObject
) -> None:
    path = straight((from_x, 0.4), (to_x, 0.6), count)
    assert crossings(trembling(path, data)) == ["in"]
    assert crossings(trembling(path[::-1], data)) == ["out"]


@given(st.floats(1.45, 2.0), steps, st.data())
def test_who_passes_beyond_the_end_of_the_line_is_not_counted(
    x: float, count: int, data: st.DataObject
) -> None:
    assert crossings(trembling(straight((x, 0.4), (x, 0.6), count), data)) == []


@given(st.floats(0.3, 1.3), st.integers(1, 60), st.data())
def test_who_stands_on_the_line_is_never_counted(x: float, count: int, data: st.DataObject) -> None:
    assert crossings(trembling([(x, 0.5)] * count, data)) == []


@given(st.integers(1, 6), steps, st.data())
def test_who_walks_to_and_fro_is_counted_each_time(
    turns: int, count: int, data: st.DataObject
) -> None:
    path: list[Point] = []
    for turn in range(turns):
        way = straight((0.7, 0.4), (0.9, 0.6), count)
        path += way if turn % 2 == 0 else way[::-1]
    assert crossings(trembling(path, data)) == [("in", "out")[n % 2] for n in range(turns)]


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 1)), max_size=30))
def test_directions_alternate_whatever_the_path(path: list[Point]) -> None:
    """The line spans the picture: nobody can go round its end."""
    found = crossings(path, ((-9.0, 0.5), (9.0, 0.5)))
    assert all(first != second for first, second in itertools.pairwise(found))


@given(st.floats(0.3, 1.3), steps)
def test_turning_the_line_round_turns_the_direction(x: float, count: int) -> None:
    path = straight((x, 0.4), (x, 0.6), count)
    assert crossings(path, (LEVEL_LINE[1], LEVEL_LINE[0])) == ["out"]


def test_who_comes_near_and_turns_back_is_not_counted() -> None:
    path = straight((0.7, 0.3), (0.7, 0.51), 10)
    assert crossings(path + path[::-1]) == []


def test_who_goes_round_the_end_of_the_line_is_not_counted() -> None:
    assert crossings([(1.2, 0.4), (1.6, 0.45), (1.6, 0.55), (1.2, 0.6)]) == []


# ------------------------------------------------------------------ a whole scene
SIZE = (640, 360)
SCENE = {
    "id": "a",
    "name": "A",
    "source": "demo",
    "lines": [{"name": "Stop line", "points": [[0, 0.5], [1, 0.5]]}],
    "zones": [{"name": "Crossing", "points": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}],
}


def scene() -> SceneCounter:
    return SceneCounter(CameraSettings.model_validate(SCENE))


def standing(
    track: int | None, foot: Point, kind: str = "car", size: tuple[int, int] = SIZE
) -> DetectedObject:
    """Return an object of a tenth of the picture's height; `foot` as shares of the picture."""
    x, y, tall = foot[0] * size[0], foot[1] * size[1], size[1] / 10
    return DetectedObject(
        object_class=kind,
        confidence=0.9,
        bbox=(x - tall / 2, y - tall, x + tall / 2, y),
        track_id=track,
    )


def test_counts_are_by_line_direction_and_class() -> None:
    counter = scene()
    before = [standing(1, (0.2, 0.4)), standing(2, (0.4, 0.4), "bus"), standing(3, (0.6, 0.6))]
    after = [standing(1, (0.2, 0.6)), standing(2, (0.4, 0.6), "bus"), standing(3, (0.6, 0.4))]
    counter.count(before, SIZE, 1.0)
    counts = counter.count(after, SIZE, 1.2)
    assert [(c.line, c.direction, c.object_class, c.count) for c in counts.lines] == [
        ("Stop line", "in", "bus", 1),
        ("Stop line", "in", "car", 1),
        ("Stop line", "out", "car", 1),
    ]
    assert counter.totals.lines == {"Stop line": (2, 1)}
    assert counter.count(after, SIZE, 1.4).lines == ()


def test_a_zone_tells_who_is_in_it_and_who_came_in() -> None:
    counter = scene()
    first = counter.count([standing(1, (0.5, 0.7)), standing(2, (0.5, 0.3))], SIZE, 1.0)
    assert [(c.present, c.entered) for c in first.zones] == [(1, 1)]
    second = counter.count([standing(1, (0.5, 0.7)), standing(2, (0.5, 0.7))], SIZE, 1.2)
    assert [(c.object_class, c.present, c.entered) for c in second.zones] == [("car", 2, 1)]
    assert counter.totals.zones == {"Crossing": 2}
    assert counter.count([], SIZE, 1.4).zones == ()
    assert counter.totals.zones == {"Crossing": 0}


def test_a_moment_outside_a_zone_is_no_leaving() -> None:
    counter = scene()
    entered = 0
    for n, y in enumerate((0.52, 0.49, 0.52, 0.49, 0.52)):
        counts = counter.count([standing(1, (0.5, y))], SIZE, 1 + 0.2 * n)
        entered += sum(count.entered for count in counts.zones)
    assert entered == 1
    again = counter.count([standing(1, (0.5, 0.7))], SIZE, 1.8 + LEAVE_S + 0.1)
    assert [count.entered for count in again.zones] == [1]


def test_objects_without_a_track_do_not_count() -> None:
    counter = scene()
    counter.count([standing(None, (0.5, 0.4))], SIZE, 1.0)
    counts = counter.count([standing(None, (0.5, 0.6))], SIZE, 1.2)
    assert (counts.lines, counts.zones) == ((), ())


def test_a_change_of_resolution_loses_no_crossing() -> None:
    counter = scene()
    counter.count([standing(1, (0.5, 0.4))], SIZE, 1.0)
    larger = (1920, 1080)
    counts = counter.count([standing(1, (0.5, 0.6), size=larger)], larger, 1.2)
    assert [count.direction for count in counts.lines] == ["in"]


def test_tracks_that_are_over_are_forgotten() -> None:
    counter = scene()
    for n in range(200):
        counter.count([standing(n, (0.5, 0.4))], SIZE, n * FORGET_S)
    assert len(counter._lines["Stop line"]._passages) < 5
