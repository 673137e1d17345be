"""Counts tracked objects at lines and in zones: each crossing once, however the boxes tremble.

Places are counted in heights of the picture (see `areas`). A box moves by some of its size from
frame to frame although its object stands still; so an object changes sides only when it is clear of
the line by a share of its own height, and has left a zone only after a while outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from pipeline.detection.areas import Places, inside, placed
from pipeline.messages import DetectedObject, LineCount, ZoneCount
from pipeline.settings_cameras import CameraSettings
from pipeline.telemetry import AreaTotals

CLEAR_SHARE: Final = 0.1
"""Distance from a line, in heights of the object's box, from which on its side is certain."""
LEAVE_S: Final = 1.0
"""An object that is back in a zone within this time never left it."""
FORGET_S: Final = 10.0
"""A track that was not seen for longer is over; its number is not used again."""

Direction = Literal["in", "out"]


@dataclass(slots=True)
class _Passage:
    """One track at one line.

    Attributes:
        side: where it certainly was last: 1 right of the line, -1 left of it, 0 not known yet.
        place, distance: where it was last, and how far right of the line.
        hit: whether it passed between the line's ends when it last went over.
    """

    place: tuple[float, float]
    distance: float
    side: int = 0
    hit: bool = False


class LineCounter:
    """Tells when tracks cross the line from `start` to `end`.

    Args:
        start, end: ``(x, y)``, heights of the picture; they must differ.
    """

    def __init__(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self._start = start
        self._along = (end[0] - start[0], end[1] - start[1])
        self._length = float(np.hypot(*self._along))
        self._passages: dict[int, _Passage] = {}

    def update(self, track: int, place: tuple[float, float], margin: float) -> Direction | None:
        """Enter where a track is now; return how it crossed, if it just did.

        Args:
            track: its number.
            place: where it stands, heights of the picture.
            margin: distance from which on its side is certain.
        """
        distance = self._distance(place)
        passage = self._passages.get(track)
        if passage is None:
            passage = self._passages[track] = _Passage(place, distance)
        if (passage.distance > 0) != (distance > 0):
            passage.hit = self._between_ends(passage, place, distance)
        passage.place, passage.distance = place, distance
        if abs(distance) <= margin:
            return None
        before, passage.side = passage.side, 1 if distance > 0 else -1
        if before in {0, passage.side} or not passage.hit:
            return None
        return "in" if passage.side > 0 else "out"

    def forget(self, tracks: Iterable[int]) -> None:
        """Drop tracks that are over."""
        for track in tracks:
            self._passages.pop(track, None)

    def _distance(self, place: tuple[float, float]) -> float:
        """Return how far right of the line, looking along it, `place` lies; left is negative."""
        x, y = place[0] - self._start[0], place[1] - self._start[1]
        return (self._along[0] * y - self._along[1] * x) / self._length

    def _between_ends(self, before: _Passage, place: tuple[float, float], distance: float) -> bool:
        share = before.distance / (before.distance - distance)
        x = before.place[0] + share * (place[0] - before.place[0]) - self._start[0]
        y = before.place[1] + share * (place[1] - before.place[1]) - self._start[1]
        position = (x * self._along[0] + y * self._along[1]) / self._length**2
        return 0.0 <= position <= 1.0


class ZoneCounter:
    """Tells which tracks are in a zone, and which came in. One first seen inside came in, too."""

    def __init__(self) -> None:
        self._inside_s: dict[int, float] = {}

    def update(self, inside_now: Sequence[int], time_s: float) -> list[int]:
        """Enter the tracks that are inside at `time_s`; return those that came in."""
        self._inside_s = {
            track: seen_s for track, seen_s in self._inside_s.items() if time_s - seen_s <= LEAVE_S
        }
        came = [track for track in inside_now if track not in self._inside_s]
        self._inside_s.update(dict.fromkeys(inside_now, time_s))
        return came


@dataclass(frozen=True, slots=True)
class Counts:
    """What one frame adds: only what there is to tell."""

    lines: tuple[LineCount, ...] = ()
    zones: tuple[ZoneCount, ...] = ()


NO_COUNTS: Final = Counts()


class SceneCounter:
    """All lines and zones of one camera. Used by one thread.

    Attributes:
        totals: sums since the worker started; replaced whole with each frame.
    """

    def __init__(self, camera: CameraSettings) -> None:
        self._camera = camera
        self._aspect = 0.0
        self._lines: dict[str, LineCounter] = {}
        self._zones = {zone.name: ZoneCounter() for zone in camera.zones}
        self._polygons: dict[str, Places] = {}
        self._seen_s: dict[int, float] = {}
        self._sums: Counter[tuple[str, Direction]] = Counter()
        self.totals = AreaTotals(
            {line.name: (0, 0) for line in camera.lines}, {zone.name: 0 for zone in camera.zones}
        )

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to count at."""
        return not self._camera.lines and not self._camera.zones

    def count(
        self, objects: Sequence[DetectedObject], frame_size: tuple[int, int], time_s: float
    ) -> Counts:
        """Enter the objects of one frame; those without a track number do not count.

        Args:
            objects: boxes in pixels of the frame.
            frame_size: (width, height) in pixels.
            time_s: when it was taken, seconds, rising.
        """
        if self.is_idle:
            return NO_COUNTS
        self._fit(frame_size[0] / frame_size[1])
        followed = {found.track_id: found for found in objects if found.track_id is not None}
        height = frame_size[1]
        feet = {
            track: ((found.bbox[0] + found.bbox[2]) / 2 / height, found.bbox[3] / height)
            for track, found in followed.items()
        }
        self._forget(followed, time_s)
        counts = Counts(
            self._count_lines(followed, feet, height), self._count_zones(followed, feet, time_s)
        )
        present = Counter({zone.name: 0 for zone in self._camera.zones})
        for zone in counts.zones:
            present[zone.zone] += zone.present
        self.totals = AreaTotals(
            {
                line.name: (self._sums[line.name, "in"], self._sums[line.name, "out"])
                for line in self._camera.lines
            },
            dict(present),
        )
        return counts

    def _fit(self, aspect: float) -> None:
        """Lay lines and zones out for pictures of `aspect`; tracks begin anew if it changed."""
        if aspect == self._aspect:
            return
        self._aspect = aspect
        self._polygons = {zone.name: placed(zone.points, aspect) for zone in self._camera.zones}
        for line in self._camera.lines:
            (x1, y1), (x2, y2) = line.points
            self._lines[line.name] = LineCounter((x1 * aspect, y1), (x2 * aspect, y2))

    def _forget(self, followed: Iterable[int], time_s: float) -> None:
        self._seen_s.update(dict.fromkeys(followed, time_s))
        over = [track for track, seen_s in self._seen_s.items() if time_s - seen_s > FORGET_S]
        for track in over:
            del self._seen_s[track]
        for line in self._lines.values():
            line.forget(over)

    def _count_lines(
        self,
        followed: dict[int, DetectedObject],
        feet: dict[int, tuple[float, float]],
        height: int,
    ) -> tuple[LineCount, ...]:
        crossed: Counter[tuple[str, Direction, str]] = Counter()
        for name, line in self._lines.items():
            for track, found in followed.items():
                margin = CLEAR_SHARE * (found.bbox[3] - found.bbox[1]) / height
                direction = line.update(track, feet[track], margin)
                if direction is not None:
                    crossed[name, direction, found.object_class] += 1
                    self._sums[name, direction] += 1
        return tuple(
            LineCount(line=name, direction=direction, object_class=kind, count=count)
            for (name, direction, kind), count in sorted(crossed.items())
        )

    def _count_zones(
        self,
        followed: dict[int, DetectedObject],
        feet: dict[int, tuple[float, float]],
        time_s: float,
    ) -> tuple[ZoneCount, ...]:
        tracks = list(followed)
        places = np.array([feet[track] for track in tracks], np.float64).reshape(-1, 2)
        counts: list[ZoneCount] = []
        for name, counter in self._zones.items():
            within = inside(places, self._polygons[name])
            present = [track for track, is_in in zip(tracks, within, strict=True) if is_in]
            came = counter.update(present, time_s)
            here = Counter(followed[track].object_class for track in present)
            new = Counter(followed[track].object_class for track in came)
            counts += [
                ZoneCount(zone=name, object_class=kind, present=here[kind], entered=new[kind])
                for kind in sorted(here)
            ]
        return tuple(counts)
