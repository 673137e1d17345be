"""The pages of the window, in the order of the rail; each is imported when the window makes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from console.context import ConsoleContext
from pipeline.dropped import Source
from pipeline.states import WorkerName
from pipeline.support_selection import LogSelection

translate = QCoreApplication.translate


@runtime_checkable
class HasFilter(Protocol):
    """A page with a filter field."""

    def focus_filter(self) -> None:
        """Put the cursor into it."""


@runtime_checkable
class HasEntry(Protocol):
    """A page with a place where somebody who uses the keyboard begins."""

    def enter(self) -> None:
        """Put the focus there."""


@runtime_checkable
class HasTopic(Protocol):
    """A page that can show a topic."""

    def show_topic(self, topic: str) -> None:
        """Bring a topic to the reader's eye."""

    def open_properties(self, path: Path) -> None:
        """Show what becomes of the properties in a file."""


@runtime_checkable
class HasCameras(Protocol):
    """A page where cameras are edited."""

    def edit(self, camera_id: str) -> None:
        """Ask for changes of a camera."""

    def add_sources(self, sources: Sequence[Source], refused: str) -> None:
        """Ask for new cameras with these sources."""

    def import_list(self, path: Path | None = None) -> None:
        """Ask for a list of cameras, or show the one that is given."""


@runtime_checkable
class HasWorker(Protocol):
    """A page that can show a worker."""

    def show_worker(self, name: WorkerName) -> None:
        """Bring a worker to the reader's eye."""


@runtime_checkable
class HasLog(Protocol):
    """A page that can show one worker's log."""

    def selection(self) -> LogSelection:
        """Return which lines it shows."""

    def show_worker(self, worker: str) -> None:
        """Show the lines of one worker."""


@runtime_checkable
class HasAlarm(Protocol):
    """A page that can show an alarm."""

    def show_alarm(self, alarm_id: str) -> None:
        """Bring an alarm to the reader's eye."""


@runtime_checkable
class HasWall(Protocol):
    """A page with the camera wall."""

    def set_wall_only(self, *, wall_only: bool) -> None:
        """Show nothing else, or everything."""


@runtime_checkable
class KeepsState(Protocol):
    """A page with something chosen or typed that another one of its kind can take over."""

    def kept(self) -> Any:
        """Return what is to be kept; only `restore` looks into it."""

    def restore(self, kept: Any) -> None:
        """Take over what another page of this kind kept."""


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One page.

    Attributes:
        key: its name in the program.
        title: gives its name for people, in the language of the moment.
        icon: Phosphor glyph.
        make: makes it.
    """

    key: str
    title: Callable[[], str]
    icon: str
    make: Callable[[ConsoleContext], QWidget]


def _live(context: ConsoleContext) -> QWidget:
    from console.pages.live import LivePage

    return LivePage(context)


def _alarms(context: ConsoleContext) -> QWidget:
    from console.pages.alarms import AlarmsPage

    return AlarmsPage(context)


def _pipeline(context: ConsoleContext) -> QWidget:
    from console.pages.pipeline import PipelinePage

    return PipelinePage(context)


def _kafka(context: ConsoleContext) -> QWidget:
    from console.pages.kafka import KafkaPage

    return KafkaPage(context)


def _logs(context: ConsoleContext) -> QWidget:
    from console.pages.logs import LogsPage

    return LogsPage(context)


def _cameras(context: ConsoleContext) -> QWidget:
    from console.pages.cameras import CamerasPage

    return CamerasPage(context)


def _settings(context: ConsoleContext) -> QWidget:
    from console.pages.settings import SettingsPage

    return SettingsPage(context)


PAGES: Final = (
    PageSpec("live", lambda: translate("Page", "Live"), "monitor-play", _live),
    PageSpec("alarms", lambda: translate("Page", "Alarms"), "warning", _alarms),
    PageSpec("pipeline", lambda: translate("Page", "Pipeline"), "flow-arrow", _pipeline),
    PageSpec("kafka", lambda: translate("Page", "Kafka"), "stack", _kafka),
    PageSpec("logs", lambda: translate("Page", "Logs"), "list-bullets", _logs),
    PageSpec("cameras", lambda: translate("Page", "Cameras"), "video-camera", _cameras),
    PageSpec("settings", lambda: translate("Page", "Settings"), "gear-six", _settings),
)
