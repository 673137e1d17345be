"""Settings of the pictures that show why: where they are kept on their way, and what they hide."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from pipeline.settings_section import Section


class EvidenceSettings(Section):
    """Pictures of groups on their way from the detection to the alarm."""

    store: Path | None = Field(
        default=None,
        description="Folder that all workers can reach: messages then name the pictures instead "
        "of carrying them. Empty: they travel in the messages.",
    )
    keep_days: int = Field(
        default=7, ge=1, le=365, description="Days after which pictures in the store are deleted."
    )
    hide: Literal["nothing", "heads_and_plates"] = Field(
        default="nothing",
        description="Make heads of people and the lower parts of vehicles, where plates are, "
        "unrecognisable in the pictures, by the detector's boxes; who is not detected is not hidden.",
    )

    @field_validator("store", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value
