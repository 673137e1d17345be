"""What every table of the settings file has in common."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from pipeline.texts import Text

MAX_SECONDS: Final = 366 * 86_400.0
"""A year. Nothing here waits longer, and what counts back from now must find a date."""
Seconds = Annotated[float, Field(gt=0, le=MAX_SECONDS)]
Share = Annotated[float, Field(ge=0, le=1)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False
    )


class SettingError(ValueError):
    """What a table refuses of itself, as a part of a sentence about the field at fault.

    Attributes:
        place: names from the table down to that field; empty: the table as a whole.
    """

    def __init__(self, text: Text, *place: str) -> None:
        super().__init__(text)
        self.place = place
