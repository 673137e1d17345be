"""The areas of one camera while somebody draws them: shapes, the chosen one, undo. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from pipeline.settings_cameras import CameraSettings

Kind = Literal["region", "excluded", "zone", "line", "ground"]
Point = tuple[float, float]

KINDS: Final[tuple[Kind, ...]] = ("region", "excluded", "zone", "line", "ground")
SINGLE: Final = frozenset({"region", "ground"})
"""Kinds of which a camera has one at most."""
FIXED_POINTS: Final[dict[Kind, int]] = {"line": 2, "ground": 4}
LEAST_POINTS: Final = 3
GROUND_SIZE: Final = (7.0, 20.0)
"""Metres across and along that a new ground rectangle has until somebody says better."""
HISTORY: Final = 200


@dataclass(frozen=True, slots=True)
class Shape:
    """Something drawn.

    Attributes:
        name: empty for kinds of which there is one only.
        points: as shares of the picture.
        metres: for ``ground``: the same points on the road.
    """

    kind: Kind
    name: str
    points: tuple[Point, ...]
    metres: tuple[Point, ...] = ()

    @property
    def wanted_points(self) -> int | None:
        """How many points it must have; None for three or more."""
        return FIXED_POINTS.get(self.kind)


def rectangle(width_m: float, length_m: float) -> tuple[Point, ...]:
    """Return the corners of a rectangle on the road: far left, far right, near right, near left."""
    return ((0.0, length_m), (width_m, length_m), (width_m, 0.0), (0.0, 0.0))


class AreaDrawing:
    """Shapes with one chosen, and the way back.

    Attributes:
        chosen: position of the chosen shape; None for none.
        corner: position of the chosen point in it; None for the whole shape.
    """

    def __init__(self, shapes: Sequence[Shape] = ()) -> None:
        self._shapes = tuple(shapes)
        self._undone: list[tuple[Shape, ...]] = []
        self._done: list[tuple[Shape, ...]] = []
        self.chosen: int | None = None
        self.corner: int | None = None

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """What is drawn."""
        return self._shapes

    @property
    def chosen_shape(self) -> Shape | None:
        """The chosen shape."""
        return None if self.chosen is None else self._shapes[self.chosen]

    def choose(self, place: int | None, corner: int | None = None) -> None:
        """Choose a shape, and maybe one of its points."""
        self.chosen, self.corner = place, corner

    def step_corner(self) -> None:
        """Choose the next point of the chosen shape; after the last the whole shape."""
        shape = self.chosen_shape
        if shape is not None:
            following = 0 if self.corner is None else self.corner + 1
            self.corner = following if following < len(shape.points) else None

    def add(self, kind: Kind, points: Sequence[Point], name: str = "") -> None:
        """Draw a new shape and choose it; one of a single kind takes the place of the old one."""
        shape = Shape(
            kind,
            "" if kind in SINGLE else name,
            tuple(_within(point) for point in points),
            rectangle(*GROUND_SIZE) if kind == "ground" else (),
        )
        kept = [other for other in self._shapes if not (kind in SINGLE and other.kind == kind)]
        self._change((*kept, shape))
        self.choose(len(self._shapes) - 1)

    def move(self, dx: float, dy: float, *, since: tuple[Shape, ...] | None = None) -> None:
        """Move the chosen point or shape by shares of the picture, not beyond its edges.

        `since` gives the shapes as they were when a drag began, to which the way is counted.
        """
        if self.chosen is None:
            return
        shape = (since or self._shapes)[self.chosen]
        moved = list(shape.points)
        if self.corner is not None:
            x, y = moved[self.corner]
            moved[self.corner] = _within((x + dx, y + dy))
        else:
            dx = min(max(dx, -min(x for x, _ in moved)), 1 - max(x for x, _ in moved))
            dy = min(max(dy, -min(y for _, y in moved)), 1 - max(y for _, y in moved))
            moved = [_within((x + dx, y + dy)) for x, y in moved]
        self._put(replace(shape, points=tuple(moved)), remember=since is None)

    def remember(self, before: tuple[Shape, ...]) -> None:
        """Make `before` what undo goes back to, at the end of a drag."""
        if before != self._shapes:
            self._done = [*self._done[-HISTORY:], before]
            self._undone.clear()

    def insert(self, point: Point) -> bool:
        """Put a point into the nearest edge of the chosen shape; return whether it takes one."""
        shape = self.chosen_shape
        if shape is None or shape.wanted_points is not None:
            return False
        corners = [*shape.points, shape.points[0]]
        edges = list(itertools.pairwise(corners))
        place = min(range(len(edges)), key=lambda n: distance(point, *edges[n]))
        points = (*shape.points[: place + 1], _within(point), *shape.points[place + 1 :])
        self._put(replace(shape, points=points))
        self.corner = place + 1
        return True

    def delete(self) -> None:
        """Take away the chosen point if the shape can spare it, else the chosen shape."""
        shape = self.chosen_shape
        if shape is None or self.chosen is None:
            return
        can_spare = shape.wanted_points is None and len(shape.points) > LEAST_POINTS
        if self.corner is not None and can_spare:
            points = shape.points[: self.corner] + shape.points[self.corner + 1 :]
            self._put(replace(shape, points=points))
            self.corner = None
            return
        self._change(self._shapes[: self.chosen] + self._shapes[self.chosen + 1 :])
        self.choose(None)

    def turn(self) -> None:
        """Let the chosen line count the other way round."""
        shape = self.chosen_shape
        if shape is not None and shape.kind == "line":
            self._put(replace(shape, points=shape.points[::-1]))

    def rename(self, name: str) -> None:
        """Give the chosen shape another name."""
        shape = self.chosen_shape
        if shape is not None and shape.name != name:
            self._put(replace(shape, name=name))

    def set_metres(self, width_m: float, length_m: float) -> None:
        """Say how large the chosen ground rectangle is."""
        shape = self.chosen_shape
        if shape is not None and shape.kind == "ground":
            self._put(replace(shape, metres=rectangle(width_m, length_m)))

    def undo(self) -> bool:
        """Take back the last change; return whether there was one."""
        return self._go(self._done, self._undone)

    def redo(self) -> bool:
        """Do again what was taken back; return whether there was something."""
        return self._go(self._undone, self._done)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to do again."""
        return bool(self._undone)

    def _go(self, source: list[tuple[Shape, ...]], target: list[tuple[Shape, ...]]) -> bool:
        if not source:
            return False
        target.append(self._shapes)
        self._shapes = source.pop()
        if self.chosen is not None and self.chosen >= len(self._shapes):
            self.choose(None)
        self.corner = None
        return True

    def _put(self, shape: Shape, *, remember: bool = True) -> None:
        assert self.chosen is not None
        shapes = (*self._shapes[: self.chosen], shape, *self._shapes[self.chosen + 1 :])
        if remember:
            self._change(shapes)
        else:
            self._shapes = shapes

    def _change(self, shapes: tuple[Shape, ...]) -> None:
        before, self._shapes = self._shapes, shapes
        self.remember(before)


def drawing_of(camera: CameraSettings) -> AreaDrawing:
    """Return the areas of `camera`, to be drawn at."""
    shapes = [Shape("region", "", camera.region)] if camera.region else []
    shapes += [Shape("excluded", area.name, area.points) for area in camera.excluded]
    shapes += [Shape("zone", area.name, area.points) for area in camera.zones]
    shapes += [Shape("line", line.name, line.points) for line in camera.lines]
    if camera.ground is not None:
        shapes.append(Shape("ground", "", camera.ground.image, camera.ground.metres))
    return AreaDrawing(shapes)


def with_areas(camera: CameraSettings, shapes: Sequence[Shape]) -> CameraSettings:
    """Return `camera` with what is drawn.

    Raises:
        pydantic.ValidationError: the shapes cannot be used.
    """

    def listed(kind: Kind) -> list[dict[str, Any]]:
        found = [shape for shape in shapes if shape.kind == kind]
        return [{"name": shape.name, "points": shape.points} for shape in found]

    region = next((shape.points for shape in shapes if shape.kind == "region"), ())
    ground = next((shape for shape in shapes if shape.kind == "ground"), None)
    table = camera.model_dump() | {
        "region": region,
        "excluded": listed("excluded"),
        "zones": listed("zone"),
        "lines": listed("line"),
        "ground": None if ground is None else {"image": ground.points, "metres": ground.metres},
    }
    return CameraSettings.model_validate(table)


def distance(point: Point, start: Point, end: Point) -> float:
    """Return how far `point` is from the stretch between `start` and `end`."""
    along = (end[0] - start[0], end[1] - start[1])
    length = along[0] ** 2 + along[1] ** 2
    share = (
        ((point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]) / length
        if length
        else 0.0
    )
    share = min(1.0, max(0.0, share))
    near = (start[0] + share * along[0], start[1] + share * along[1])
    return math.hypot(point[0] - near[0], point[1] - near[1])


def encloses(points: Sequence[Point], point: Point) -> bool:
    """Return whether the polygon encloses `point` (even-odd rule)."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (x2 - x1) * (y - y1) / (y2 - y1):
            inside = not inside
    return inside


def _within(point: Point) -> Point:
    """Return the point moved into the picture, rounded to what a file should hold."""
    return round(min(1.0, max(0.0, point[0])), 4), round(min(1.0, max(0.0, point[1])), 4)
