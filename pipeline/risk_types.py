"""The kinds of risk, as stable slugs in messages, and their titles for people."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class RiskType(StrEnum):
    """Kinds of risk that the rules know; an LLM may name others."""

    VEHICLE_PEDESTRIAN_CONFLICT = "vehicle-pedestrian-conflict"
    VEHICLE_CYCLIST_CONFLICT = "vehicle-cyclist-conflict"
    PEDESTRIAN_NEAR_VEHICLE = "pedestrian-near-vehicle"
    DENSE_GROUP = "dense-group"


TITLES: Final[dict[RiskType, str]] = {
    RiskType.VEHICLE_PEDESTRIAN_CONFLICT: "Vehicle–pedestrian conflict",
    RiskType.VEHICLE_CYCLIST_CONFLICT: "Vehicle–cyclist conflict",
    RiskType.PEDESTRIAN_NEAR_VEHICLE: "Person near a moving vehicle",
    RiskType.DENSE_GROUP: "Dense group",
}


def title(slug: str) -> str:
    """Return the English title of a kind of risk; an unknown slug becomes words."""
    try:
        return TITLES[RiskType(slug)]
    except ValueError:
        return slug.replace("-", " ").replace("_", " ").capitalize()
