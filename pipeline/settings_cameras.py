"""Settings of one camera: where its pictures come from, when and where they are looked at."""

from __future__ import annotations

from datetime import time
from typing import Self

from pydantic import Field, model_validator

from pipeline.settings_areas import (
    AreaSettings,
    GroundSettings,
    LineSettings,
    Point,
    check_polygon,
)
from pipeline.settings_section import Identifier, Seconds, Section, SettingError, Share
from pipeline.texts import say

MAX_DETECTIONS_PER_S = 60


class ScheduleSettings(Section):
    """A time of every day with detection off, or with another rate or threshold."""

    begin: time = Field(description="Local time of day, such as 22:00.")
    end: time = Field(description="Earlier than the begin: on the next morning.")
    detect: bool = Field(default=True, description="Off: pictures are shown, nothing is detected.")
    detections_per_second: float | None = Field(default=None, gt=0, le=MAX_DETECTIONS_PER_S)
    confidence: Share | None = Field(default=None, description="Instead of the detector's own.")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.begin.tzinfo is not None or self.end.tzinfo is not None:
            raise SettingError(say("begin and end are local times, without a time zone"))
        if self.begin == self.end:
            raise SettingError(say("must differ from the begin"), "end")
        changes = self.detections_per_second is not None or self.confidence is not None
        if self.detect and not changes:
            raise SettingError(
                say("say what is different: no detection, another rate or another confidence")
            )
        if not self.detect and changes:
            raise SettingError(say("with detection off there is no rate and no confidence"))
        return self

    def covers(self, moment: time) -> bool:
        """Return whether it holds at a local time of day; the end no longer belongs to it."""
        if self.begin < self.end:
            return self.begin <= moment < self.end
        return moment >= self.begin or moment < self.end


class CameraSettings(Section):
    """One camera."""

    id: Identifier = Field(description="Short name in messages; also the Kafka key.")
    name: str = Field(min_length=1, max_length=80, description="Name shown to people.")
    source: str = Field(
        min_length=1,
        description="File, folder of pictures, rtsp://, http:// address, the USB index, or "
        "`usb:` and part of its name. `demo` is the clip that ships with Signalbox.",
    )
    enabled: bool = True
    loop: bool = Field(default=True, description="Files: start again at the end.")
    real_time: bool = Field(
        default=True,
        description="Files: at their own speed; off: as fast as detection takes them.",
    )
    start_offset_s: float = Field(default=0.0, ge=0, description="Files: where to start, seconds.")
    detections_per_second: float = Field(
        default=5.0,
        gt=0,
        le=MAX_DETECTIONS_PER_S,
        description="Highest detection rate of this camera.",
    )
    assess_interval_s: Seconds = Field(
        default=5.0, description="A group that does not change is assessed again after this time."
    )
    region: tuple[Point, ...] = Field(
        default=(),
        max_length=64,
        description="Corners of the part that is looked at, as shares of the picture; empty: all.",
    )
    excluded: tuple[AreaSettings, ...] = Field(
        default=(), max_length=32, description="Parts whose objects are left out."
    )
    lines: tuple[LineSettings, ...] = Field(
        default=(), max_length=32, description="Lines at which objects are counted."
    )
    zones: tuple[AreaSettings, ...] = Field(
        default=(), max_length=32, description="Parts in which objects are counted."
    )
    schedule: tuple[ScheduleSettings, ...] = Field(
        default=(), max_length=16, description="Times with other rules; the first that fits holds."
    )
    ground: GroundSettings | None = Field(
        default=None, description="Known places on the road, to measure in metres."
    )

    @model_validator(mode="after")
    def _areas_are_clear(self) -> Self:
        if self.region and len(self.region) < 3:
            raise SettingError(say("needs three corners at least"), "region")
        check_polygon(self.region, "region")
        for kind, areas in (
            ("excluded", self.excluded),
            ("lines", self.lines),
            ("zones", self.zones),
        ):
            names = [area.name for area in areas]
            repeated = sorted({name for name in names if names.count(name) > 1})
            if repeated:
                raise SettingError(
                    say("name used more than once: {names}", names=", ".join(repeated)), kind
                )
        return self
