"""Follows objects over frames: keeps their numbers, smooths their class, measures their motion.

Association in two stages after ByteTrack (Zhang et al. 2022, "ByteTrack: Multi-Object Tracking by
Associating Every Detection Box", arXiv:2110.06864): sure boxes are matched with all tracks first,
then unsure ones with the tracks that are left, which never start a track. Between frames a track
moves at constant velocity. Pairs are taken greedily by overlap, buffered for the low frame rates
used here; nothing needs an assignment solver.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from pipeline.detection.boxes import overlaps
from pipeline.detection.models.detections import Detections, Floats, Integers
from pipeline.detection.road_users import class_kinds

CONFIRM_HITS: Final = 2
"""Frames in which an object must be found before it gets a number."""
LOST_S: Final = 1.5
"""A confirmed track that is not found for longer ends; shorter gaps are occlusion."""
TENTATIVE_LOST_S: Final = 0.5
MOTION_WINDOW_S: Final = 1.2
"""Velocity is the slope of the positions within this time."""
MOTION_MIN_SPAN_S: Final = 0.3
MAX_PREDICTION_S: Final = 1.0
CLASS_MEMORY: Final = 0.8
"""Share of a track's class votes that is kept with each new one."""

NEAR_BUFFER, NEAR_OVERLAP = 0.2, 0.25
FAR_BUFFER, FAR_OVERLAP = 0.65, 0.25
UNSURE_BUFFER, UNSURE_OVERLAP = 0.0, 0.4


@dataclass(slots=True)
class _Track:
    """One object over time.

    Attributes:
        kind: see `class_kinds`.
        box: where it was found last, ``(4,)``.
        seen_s: when that was.
        number: its public id; None until confirmed.
        positions: recent (time, centre x, centre y).
        votes: confidence by class id, fading.
    """

    kind: int
    box: Floats
    seen_s: float
    hits: int = 0
    number: int | None = None
    positions: deque[tuple[float, float, float]] = field(default_factory=deque)
    votes: dict[int, float] = field(default_factory=dict)

    def note(self, box: Floats, class_id: int, confidence: float, time_s: float) -> None:
        """Enter one sighting: the box ``(4,)`` in pixels, at `time_s` (monotonic seconds)."""
        self.box, self.seen_s = box, time_s
        self.hits += 1
        self.positions.append((time_s, float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2))
        while time_s - self.positions[0][0] > MOTION_WINDOW_S:
            self.positions.popleft()
        self.votes = {key: vote * CLASS_MEMORY for key, vote in self.votes.items()}
        self.votes[class_id] = self.votes.get(class_id, 0.0) + confidence

    def velocity(self) -> tuple[float, float] | None:
        """Return pixels per second, right and down; None while too little is known.

        The slope of a straight line through the recent positions (least squares).
        """
        times = np.array([position[0] for position in self.positions])
        if len(times) < CONFIRM_HITS or times[-1] - times[0] < MOTION_MIN_SPAN_S:
            return None
        places = np.array([position[1:] for position in self.positions])
        offsets = times - times.mean()
        slope = offsets @ (places - places.mean(axis=0)) / (offsets @ offsets)
        return float(slope[0]), float(slope[1])

    def predicted(self, time_s: float) -> Floats:
        """Return where the box should be at `time_s`, ``(4,)``."""
        velocity = self.velocity()
        if velocity is None:
            return self.box
        elapsed_s = min(MAX_PREDICTION_S, time_s - self.seen_s)
        shift: Floats = np.array(velocity * 2, np.float32) * np.float32(elapsed_s)
        return self.box + shift

    @property
    def class_id(self) -> int:
        """The class it was taken for most, newer sightings counting more."""
        return max(self.votes, key=self.votes.__getitem__)


@dataclass(frozen=True, slots=True)
class Tracked:
    """The objects of one frame with what their tracks know.

    Attributes:
        detections: the objects; `track_id` is -1 for one that is not confirmed yet.
        velocities: ``(N, 2)`` pixels per second right and down; NaN while unknown.
    """

    detections: Detections
    velocities: Floats


class Tracker:
    """Follows the objects of one camera.

    Args:
        names: class names of the detector.
        sure_confidence: boxes at least this sure may start a track; those below only extend one.
    """

    def __init__(self, names: Sequence[str], sure_confidence: float) -> None:
        self._kinds = class_kinds(names)
        self._sure_confidence = sure_confidence
        self._tracks: list[_Track] = []
        self._next_number = 1

    def reset(self) -> None:
        """End all tracks: the picture jumped. Numbers are not used again."""
        self._tracks.clear()

    def set_sure_confidence(self, confidence: float) -> None:
        """Go by another threshold from now on."""
        self._sure_confidence = confidence

    def update(self, detections: Detections, time_s: float) -> Tracked:
        """Return the objects of the frame taken at `time_s` (monotonic seconds, rising).

        Unsure boxes that continue no track are left out.
        """
        self._tracks = [track for track in self._tracks if not _is_over(track, time_s)]
        owners = self._associate(detections, time_s)
        for index in np.flatnonzero(owners < 0):
            if detections.confidence[index] >= self._sure_confidence:
                owners[index] = len(self._tracks)
                kind = int(self._kinds[detections.class_id[index]])
                self._tracks.append(_Track(kind, detections.xyxy[index], time_s))
        kept = np.flatnonzero(owners >= 0)
        return self._entered(detections[kept], owners[kept], time_s)

    def _associate(self, detections: Detections, time_s: float) -> Integers:
        """Return for each box the position of its track, -1 for none; ``(N,)``."""
        owners = np.full(len(detections), -1, np.int32)
        if not self._tracks or not len(detections):
            return owners
        predicted = np.stack([track.predicted(time_s) for track in self._tracks])
        track_kinds = np.array([track.kind for track in self._tracks], np.int32)
        same_kind = track_kinds[:, None] == self._kinds[detections.class_id][None, :]
        sure = detections.confidence >= self._sure_confidence
        for buffer, least, eligible in (
            (NEAR_BUFFER, NEAR_OVERLAP, sure),
            (FAR_BUFFER, FAR_OVERLAP, sure),
            (UNSURE_BUFFER, UNSURE_OVERLAP, ~sure),
        ):
            scores = overlaps(predicted, detections.xyxy, buffer)
            scores[~same_kind | ~eligible[None, :]] = 0.0
            _match_greedily(scores, least, owners)
        return owners

    def _entered(self, detections: Detections, owners: Integers, time_s: float) -> Tracked:
        numbers = np.full(len(owners), -1, np.int32)
        classes = detections.class_id.copy()
        velocities = np.full((len(owners), 2), np.nan, np.float32)
        for index, owner in enumerate(owners):
            track = self._tracks[owner]
            box, confidence = detections.xyxy[index], float(detections.confidence[index])
            track.note(box, int(detections.class_id[index]), confidence, time_s)
            if track.number is None and track.hits >= CONFIRM_HITS:
                track.number = self._next_number
                self._next_number += 1
            if track.number is not None:
                numbers[index] = track.number
                classes[index] = track.class_id
                velocities[index] = track.velocity() or (np.nan, np.nan)
        followed = Detections(detections.xyxy, detections.confidence, classes, numbers)
        return Tracked(followed, velocities)


def _is_over(track: _Track, time_s: float) -> bool:
    patience_s = TENTATIVE_LOST_S if track.number is None else LOST_S
    return time_s - track.seen_s > patience_s


def _match_greedily(scores: Floats, least: float, owners: Integers) -> None:
    """Give boxes without an owner to free tracks, best `scores` ``(tracks, boxes)`` first."""
    rows, columns = np.nonzero(scores >= least)
    taken = {int(owner) for owner in owners if owner >= 0}
    for position in np.argsort(-scores[rows, columns], kind="stable"):
        row, column = int(rows[position]), int(columns[position])
        if row not in taken and owners[column] < 0:
            owners[column] = row
            taken.add(row)
