"""Settings of the question whether there is a newer version."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from pipeline.settings_section import Section, SettingError
from pipeline.texts import say


class UpdateSettings(Section):
    """Asking for a newer version. Nothing is ever installed by itself."""

    check: Literal["off", "at_start"] = Field(
        default="off", description="`at_start` asks once at each start; `off` only when told to."
    )
    url: str = Field(
        default="",
        max_length=500,
        description='An https:// address that answers with JSON: {"version": "1.2.3", "url": "…"}.',
    )

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        parts = urlsplit(self.url)
        if self.url and (parts.scheme != "https" or not parts.hostname):
            raise SettingError(say("must be an https:// address"), "url")
        if self.check != "off" and not self.url:
            raise SettingError(say("must say where to ask"), "url")
        return self
