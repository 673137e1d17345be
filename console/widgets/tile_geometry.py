"""Where a camera's picture lies in its tile, and where its boxes go. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.messages import Box

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Placement:
    """How source pixels become tile pixels: ``tile = source * scale + offset``.

    Attributes:
        scale: tile pixels of one source pixel.
        left, top: where the picture's corner is; negative where its edges are cut off.
    """

    scale: float
    left: float
    top: float

    def box(self, box: Box) -> Box:
        """Return ``[x1, y1, x2, y2]`` of the source in tile pixels."""
        return (
            box[0] * self.scale + self.left,
            box[1] * self.scale + self.top,
            box[2] * self.scale + self.left,
            box[3] * self.scale + self.top,
        )

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return a point of the source in tile pixels."""
        return x * self.scale + self.left, y * self.scale + self.top


def place(source: Size, tile: Size, *, fill: bool) -> Placement:
    """Return how a picture of `source` (width, height) lies centred in a tile.

    Args:
        source: size of the camera's frames, pixels.
        tile: size of the tile.
        fill: cover the whole tile and cut off what does not fit; else show all, with margins.
    """
    choose = max if fill else min
    scale = choose(tile[0] / max(1, source[0]), tile[1] / max(1, source[1]))
    return Placement(scale, (tile[0] - source[0] * scale) / 2, (tile[1] - source[1] * scale) / 2)


def wanted_size(source: Size | None, tile: Size, ratio: float, *, fill: bool) -> Size:
    """Return how large a frame the worker should make, in device pixels.

    Args:
        source: size of the camera's frames; None before the first.
        tile: size of the tile, device-independent pixels.
        ratio: device pixels of one such pixel.
        fill: see `place`.
    """
    device = (max(1, round(tile[0] * ratio)), max(1, round(tile[1] * ratio)))
    if source is None:
        return device
    scale = place(source, device, fill=fill).scale
    return (max(1, round(source[0] * scale)), max(1, round(source[1] * scale)))


def grid(count: int, slots: int | None, aspect: float) -> tuple[int, int]:
    """Return columns and rows for `count` tiles in an area of `aspect` (width / height).

    Args:
        count: how many cameras there are.
        slots: a fixed number of places (1, 4, 9, 16); None for as many as there are cameras.
        aspect: of the area; with None slots, tiles come as near to 16:9 as they can.
    """
    if slots is not None:
        side = max(1, round(slots**0.5))
        return side, side
    count = max(1, count)

    def distortion(columns: int) -> float:
        rows = -(-count // columns)
        tile = aspect * rows / columns / (16 / 9)
        empty = (columns * rows - count) / (columns * rows)
        return max(tile, 1 / tile) * (1 + 2 * empty)

    columns = min(range(1, count + 1), key=distortion)
    return columns, -(-count // columns)
