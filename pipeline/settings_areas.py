"""Settings of what is where in a camera's picture: region, excluded zones, lines, zones, ground.

Points are ``(x, y)`` as shares of the picture, 0..1 from its upper left corner, so that they still
fit when a camera changes its resolution.
"""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from pipeline.settings_section import Section, SettingError, Share
from pipeline.texts import say

Point = tuple[Share, Share]
Polygon = Annotated[tuple[Point, ...], Field(min_length=3, max_length=64)]
AreaName = Annotated[str, Field(min_length=1, max_length=60)]

LEAST_AREA: Final = 1e-5
"""Share of the picture below which a polygon is a slip of the hand."""
LEAST_LENGTH: Final = 0.01


def polygon_area(points: tuple[tuple[float, float], ...]) -> float:
    """Return the area within `points`; 0 when they lie on one line (shoelace formula)."""
    following = (*points[1:], points[0])
    doubled = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(points, following, strict=True))
    return abs(doubled) / 2


def check_polygon(points: tuple[Point, ...], name: str) -> None:
    """Refuse corners in the field `name` that enclose nothing; no corners at all are fine.

    Raises:
        SettingError: they do not.
    """
    if points and polygon_area(points) < LEAST_AREA:
        raise SettingError(say("the points lie on one line; an area needs three that do not"), name)


class AreaSettings(Section):
    """A named part of the picture."""

    name: AreaName
    points: Polygon = Field(description="Corners in order, as shares of the picture.")

    @model_validator(mode="after")
    def _has_an_area(self) -> Self:
        check_polygon(self.points, "points")
        return self


class LineSettings(Section):
    """A line at which objects are counted.

    Looking from its first point to its second, an object that comes over from the left goes `in`,
    one from the right goes `out`.
    """

    name: AreaName
    points: tuple[Point, Point] = Field(description="Its two ends, as shares of the picture.")

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        (x1, y1), (x2, y2) = self.points
        if max(abs(x2 - x1), abs(y2 - y1)) < LEAST_LENGTH:
            raise SettingError(say("the two ends of the line lie on each other"))
        return self


class GroundSettings(Section):
    """Four points of the road whose places are known, to measure in metres."""

    image: tuple[Point, Point, Point, Point] = Field(
        description="Four points of the picture, as shares of it."
    )
    metres: tuple[
        tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]
    ] = Field(description="The same points on the ground, metres right and ahead of any origin.")

    @model_validator(mode="after")
    def _spans_the_ground(self) -> Self:
        for name, points, least in (
            ("image", self.image, LEAST_AREA),
            ("metres", self.metres, 0.01),
        ):
            for left_out in range(4):
                corners = points[:left_out] + points[left_out + 1 :]
                if polygon_area(corners) < least:
                    raise SettingError(say("no three of the four points may lie on one line"), name)
        return self
