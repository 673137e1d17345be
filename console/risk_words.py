"""Words for risks, in the language of the window."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from pipeline.messages import VerdictLevel
from pipeline.risk_types import RiskType, title


def risk_word(level: VerdictLevel) -> str:
    """Return the level as a word."""
    translate = QCoreApplication.translate
    return {
        "none": translate("Risk", "none"),
        "not_assessed": translate("Risk", "not assessed"),
        "low": translate("Risk", "low"),
        "medium": translate("Risk", "medium"),
        "high": translate("Risk", "high"),
    }[level]


def risk_title(slug: str) -> str:
    """Return the title of a kind of risk; an unknown one stays as it was named."""
    translate = QCoreApplication.translate
    known = {
        RiskType.VEHICLE_PEDESTRIAN_CONFLICT: translate("Risk", "Vehicle–pedestrian conflict"),
        RiskType.VEHICLE_CYCLIST_CONFLICT: translate("Risk", "Vehicle–cyclist conflict"),
        RiskType.PEDESTRIAN_NEAR_VEHICLE: translate("Risk", "Person near a moving vehicle"),
        RiskType.DENSE_GROUP: translate("Risk", "Dense group"),
    }
    try:
        return known[RiskType(slug)]
    except ValueError:
        return title(slug)
