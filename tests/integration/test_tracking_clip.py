"""Numbers of objects in the demo clip outlast occlusion: a true one, and boxes taken away."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import pytest

from pipeline.detection.boxes import overlaps
from pipeline.detection.duties import UNSURE_SHARE
from pipeline.detection.images import Picture
from pipeline.detection.models import (
    BUNDLED_MODEL,
    Detections,
    DetectorOptions,
    load_detector,
)
from pipeline.detection.models.detections import Floats
from pipeline.detection.tracking import Tracked, Tracker
from pipeline.paths import RESOURCES

pytestmark = pytest.mark.integration

CLIP: Final = RESOURCES / "demo" / "market-street-1906.mp4"
SURE: Final = 0.38
EVERY: Final = 3
"""Every third frame is detected: five a second, as in the demo profile."""
SETTLED: Final = 4
"""Frames in a row in which an object was found before it is hidden."""
SAME_OBJECT: Final = 0.45
"""Boxes that overlap by more are taken for the same object."""
VEHICLES: Final = {"car", "bus", "truck", "motorcycle"}


@dataclass(frozen=True)
class Moment:
    """One detected frame.

    Attributes:
        before: the tracker as it was before it.
        seen: what the tracker made of it.
    """

    time_s: float
    found: Detections
    before: Tracker
    seen: Tracked

    def box_of(self, number: int) -> Floats | None:
        assert self.seen.detections.track_id is not None
        rows = np.flatnonzero(self.seen.detections.track_id == number)
        return self.seen.detections.xyxy[rows[0]] if len(rows) else None


@dataclass(frozen=True)
class Clip:
    """The clip as the bundled model sees it."""

    names: tuple[str, ...]
    moments: list[Moment]


def frames() -> Iterator[tuple[float, Picture]]:
    capture = cv2.VideoCapture(str(CLIP))
    rate = capture.get(cv2.CAP_PROP_FPS)
    for index in itertools.count():
        if not capture.grab():
            break
        if index % EVERY == 0:
            yield index / rate, np.asarray(capture.retrieve()[1], np.uint8)
    capture.release()


@pytest.fixture(scope="module")
def clip() -> Clip:
    options = DetectorOptions(confidence=SURE * UNSURE_SHARE)
    detector = load_detector(BUNDLED_MODEL, options, providers=("cpu",))
    tracker = Tracker(detector.names, SURE)
    moments = []
    for time_s, frame in frames():
        found, before = detector.detect(frame), copy.deepcopy(tracker)
        moments.append(Moment(time_s, found, before, tracker.update(found, time_s)))
    return Clip(tuple(detector.names), moments)


def number_at(seen: Tracked, box: Floats) -> int:
    """Return the number of the object whose box is `box`; -1 for none."""
    found = seen.detections
    assert found.track_id is not None
    rows = np.flatnonzero((found.xyxy == box).all(axis=1))
    return int(found.track_id[rows[0]]) if len(rows) else -1


def number_over(moment: Moment, x: float, y: float, name: str, names: tuple[str, ...]) -> int:
    """Return the number of the smallest object called `name` over a point of the picture."""
    found = moment.seen.detections
    assert found.track_id is not None
    left, top, right, bottom = found.xyxy.T
    over = (left < x) & (x < right) & (top < y) & (y < bottom)
    rows = [row for row in np.flatnonzero(over) if names[found.class_id[row]] == name]
    assert rows, f"no {name} at {x:.0f}, {y:.0f}"
    return int(found.track_id[min(rows, key=lambda row: (right - left)[row])])


def test_a_man_who_passes_behind_a_cyclist_keeps_his_number(clip: Clip) -> None:
    """Left of the cyclist at 3.4 s, hidden in two frames, right of him at 4.0 s; both keep theirs."""
    before, *hidden, after = clip.moments[17:21]
    man = number_over(before, 388, 230, "person", clip.names)
    cyclist = number_over(before, 440, 220, "person", clip.names)
    assert man >= 0
    assert man != cyclist
    assert all(moment.box_of(man) is None for moment in hidden)
    assert number_over(after, 470, 230, "person", clip.names) == man
    assert number_over(after, 400, 300, "person", clip.names) == cyclist


@pytest.mark.parametrize(
    ("count", "vehicles", "others"), [(3, 0.92, 0.74), (5, 0.93, 0.65)], ids=["0.6 s", "1 s"]
)
def test_an_object_that_is_hidden_keeps_its_number(
    clip: Clip, count: int, vehicles: float, others: float
) -> None:
    """What is found of it is taken away for `count` frames, wherever it was followed long enough.

    People go in a crowd here, seen from a moving car: a neighbour takes some of their numbers.
    """
    kept: dict[bool, list[bool]] = {True: [], False: []}
    for first in range(SETTLED, len(clip.moments) - count):
        for number in numbers(clip.moments[first]):
            window = clip.moments[first - SETTLED : first + count + 1]
            boxes = [moment.box_of(number) for moment in window]
            if any(box is None for box in boxes):
                continue
            hidden = [box for box in boxes[SETTLED:] if box is not None]
            is_vehicle = class_of(window[SETTLED], number, clip.names) in VEHICLES
            kept[is_vehicle].append(number_after(window[SETTLED:], hidden) == number)
    assert len(kept[True]) > 40
    assert len(kept[False]) > 150
    assert np.mean(kept[True]) >= vehicles
    assert np.mean(kept[False]) >= others


def numbers(moment: Moment) -> list[int]:
    assert moment.seen.detections.track_id is not None
    return [int(number) for number in moment.seen.detections.track_id if number >= 0]


def class_of(moment: Moment, number: int, names: tuple[str, ...]) -> str:
    found = moment.seen.detections
    assert found.track_id is not None
    row = int(np.flatnonzero(found.track_id == number)[0])
    return names[int(found.class_id[row])]


def number_after(window: list[Moment], boxes: list[Floats]) -> int:
    """Return the number at the last of `boxes` when the objects at those before were not found."""
    tracker = copy.deepcopy(window[0].before)
    for moment, box in zip(window[:-1], boxes[:-1], strict=True):
        # The unsure second box that many people have is hidden with the first.
        rest = np.flatnonzero(overlaps(moment.found.xyxy, box[None], 0.0)[:, 0] < SAME_OBJECT)
        tracker.update(moment.found[rest], moment.time_s)
    return number_at(tracker.update(window[-1].found, window[-1].time_s), boxes[-1])
