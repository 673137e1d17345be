"""What the measures behind a rule's verdict were taken on; said at its end."""

from __future__ import annotations

from enum import StrEnum


class Grounds(StrEnum):
    """The sentence that ends a verdict's description, as messages carry it."""

    PICTURE = "Seen in the picture, not on the ground."
    ROAD = "Measured on the road, with usual sizes of road users."
