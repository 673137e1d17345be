"""The settings: one set of models for the window, the command line and headless workers.

Kept as TOML. Unknown names are refused, all problems are reported together, and the models are
immutable, so that a running worker never sees half a change.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Self

import pydantic
from pydantic import Field, model_validator
from pydantic_core import ErrorDetails

from pipeline.settings_alarms import AlarmSettings, StorageSettings
from pipeline.settings_cameras import CameraSettings
from pipeline.settings_evidence import EvidenceSettings
from pipeline.settings_problems import problem_of
from pipeline.settings_scheduler import SchedulerSettings
from pipeline.settings_section import Identifier, Seconds, Section, SettingError, Share
from pipeline.settings_updates import UpdateSettings
from pipeline.texts import Text, in_a_row, say, verbatim


class SettingsError(ValueError):
    """The settings cannot be used.

    Attributes:
        problems: one line each: where, what is wrong, what would be right.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(map(verbatim, problems))
        super().__init__(in_a_row(self.problems))


class DetectionSettings(Section):
    """Detector model and what is made of its boxes."""

    model: str = Field(default="bundled", description="`bundled`, or the path of an ONNX file.")
    family: str = Field(
        default="",
        description="Family of the model's export, such as `yolo`; empty: told by the file itself.",
    )
    providers: tuple[Literal["directml", "cuda", "openvino", "cpu"], ...] = Field(
        default=("directml", "cpu"), description="Execution providers in order of preference."
    )
    device: str = Field(
        default="",
        max_length=200,
        description="Graphics card by name, or a part of it, where there are several; empty: first.",
    )
    threads: int = Field(
        default=0, ge=0, le=64, description="Threads of the model; 0 leaves one core to the window."
    )
    batch: int = Field(
        default=0,
        ge=0,
        le=16,
        description="Most pictures in one run of a model that takes several; 0: by the provider.",
    )
    input_size: tuple[int, int] | None = Field(
        default=None, description="Width and height of the model's input; empty: by the picture."
    )
    confidence: Share = Field(default=0.38, description="Boxes below this are dropped.")
    iou: Share = Field(default=0.5, description="Boxes overlapping more are one object.")
    classes: tuple[str, ...] = Field(
        default=(), description="Classes to keep; empty: those the model recommends for roads."
    )
    group_distance: float = Field(
        default=1.0,
        gt=0,
        description="Objects nearer than this many box heights form a group; 3.0 (about 5 m) where "
        "near misses on a measured ground matter.",
    )
    evidence_max_bytes: int = Field(default=60_000, ge=4_000, le=500_000)


class TopicSettings(Section):
    """Names of the topics."""

    detection_results: Identifier = "detection-results"
    assessment_tasks: Identifier = "assessment-tasks"
    risk_assessment_results: Identifier = "risk-assessment-results"
    risk_alerts: Identifier = "risk-alerts"


class ConsumerGroupSettings(Section):
    """Names of the consumer groups."""

    generator: Identifier = "task-generator-group"
    scheduler: Identifier = "llm-task-scheduler"
    aggregator: Identifier = "result-aggregator"


class KafkaSettings(Section):
    """Which broker, and how to talk to it."""

    mode: Literal["embedded", "cluster"] = Field(
        default="embedded",
        description="`embedded` runs inside the program and keeps nothing; `cluster` is yours.",
    )
    bootstrap_servers: str = Field(
        default="", description="For `cluster`: host:port, more of them separated by commas."
    )
    partitions: int = Field(
        default=4, ge=1, le=1000, description="Partitions of a topic that Signalbox creates."
    )
    retention_hours: int = Field(
        default=0,
        ge=0,
        le=87_600,
        description="How long a topic that Signalbox creates keeps messages; 0: as the cluster has it.",
    )
    allowed_lag: int = Field(
        default=20,
        ge=0,
        le=1_000_000,
        description="Messages of a partition that may be unread for 30 s without any suspicion.",
    )
    topics: TopicSettings = TopicSettings()
    groups: ConsumerGroupSettings = ConsumerGroupSettings()
    common: dict[str, str | int | float | bool] = Field(
        default_factory=dict, description="librdkafka properties for every client."
    )
    producer: dict[str, str | int | float | bool] = Field(default_factory=dict)
    consumer: dict[str, str | int | float | bool] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _cluster_needs_servers(self) -> Self:
        if self.mode == "cluster" and not self.bootstrap_servers:
            raise SettingError(
                say("must name at least one host:port in cluster mode"), "bootstrap_servers"
            )
        return self


class AggregatorSettings(Section):
    """Joining of verdicts, alarms and their store."""

    join_deadline_s: Seconds = Field(
        default=30.0, description="A request is closed after this time even if groups are missing."
    )
    alarm_level: Literal["low", "medium", "high"] = Field(
        default="low", description="Lowest risk level that becomes an alarm."
    )
    alarm_cooldown_s: Seconds = Field(
        default=30.0, description="A situation seen again within this time is the same alarm."
    )
    database: Path | None = Field(default=None, description="SQLite file; empty: data folder.")
    alarms: AlarmSettings = AlarmSettings()
    storage: StorageSettings = StorageSettings()


class LogSettings(Section):
    """Log files."""

    level: Literal["TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR"] = "INFO"
    rotation_mb: int = Field(default=20, ge=1, le=1000)
    keep_files: int = Field(default=5, ge=1, le=100)


class ConsoleSettings(Section):
    """How the window looks, and what it does by itself."""

    theme: Literal["system", "dark", "light"] = "system"
    language: Literal["system", "en", "zh_CN"] = "system"
    on_close: Literal["ask", "quit", "tray"] = Field(
        default="ask", description="What closing the window does while workers run."
    )
    notices: Literal["quiet", "sound", "off"] = Field(
        default="quiet", description="How new alarms and failed workers are told of in the tray."
    )


class Settings(Section):
    """All settings."""

    cameras: tuple[CameraSettings, ...] = ()
    detection: DetectionSettings = DetectionSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    kafka: KafkaSettings = KafkaSettings()
    scheduler: SchedulerSettings = SchedulerSettings()
    aggregator: AggregatorSettings = AggregatorSettings()
    logs: LogSettings = LogSettings()
    console: ConsoleSettings = ConsoleSettings()
    updates: UpdateSettings = UpdateSettings()

    @model_validator(mode="after")
    def _camera_ids_differ(self) -> Self:
        ids = [camera.id for camera in self.cameras]
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        if repeated:
            raise SettingError(
                say("camera id used more than once: {ids}", ids=", ".join(repeated)), "cameras"
            )
        return self


DEMO_CAMERA_NAMES = ("Market & 3rd", "Ferry approach", "Depot gate", "Cable turn")
DEMO_OFFSET_STEP_S = 7.0


def demo_settings() -> Settings:
    """Return the demo profile: the bundled clip as four cameras, embedded broker, rules."""
    return Settings(
        cameras=tuple(
            CameraSettings(
                id=f"cam-{number}",
                name=name,
                source="demo",
                start_offset_s=(number - 1) * DEMO_OFFSET_STEP_S,
            )
            for number, name in enumerate(DEMO_CAMERA_NAMES, start=1)
        )
    )


def parse_settings(table: dict[str, Any]) -> Settings:
    """Return the settings that a parsed TOML `table` holds.

    Raises:
        SettingsError: with every problem found, each naming its place.
    """
    try:
        return Settings.model_validate(table)
    except pydantic.ValidationError as error:
        raise SettingsError([_explain(problem) for problem in error.errors()]) from error


def _explain(problem: ErrorDetails) -> Text:
    found = problem_of(problem)
    place = ".".join(str(part) for part in found.place) or "settings"
    if problem["type"] != "extra_forbidden":
        return say("{place}: {problem}", place=place, problem=found.text)
    known = _known_names(problem["loc"][:-1])
    close = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1)
    if close:
        return say("{place}: unknown setting; did you mean `{name}`?", place=place, name=close[0])
    return say(
        "{place}: unknown setting; known names: {names}", place=place, names=", ".join(known)
    )


def _known_names(location: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in location:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        arguments = getattr(annotation, "__args__", ())
        model = arguments[0] if arguments else annotation
    return sorted(model.model_fields)
