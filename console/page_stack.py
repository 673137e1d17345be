"""The pages, one in front: made when they are wanted, and led to from everywhere in the window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal, SignalInstance, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from console.context import ConsoleContext
from console.page_list import (
    PAGES,
    HasAlarm,
    HasCameras,
    HasEntry,
    HasFilter,
    HasLog,
    HasTopic,
    HasWall,
    HasWorker,
    KeepsState,
)
from pipeline.dropped import Source
from pipeline.states import WorkerName
from pipeline.support_selection import LogSelection


class PageStack(QStackedWidget):
    """Makes pages and carries their wishes.

    Attributes:
        shown: carries the key of the page that came to the front.
        made: carries a page that was made just now.
        message: a page has something to say in passing, and whether that is bad.
    """

    shown = Signal(str)
    made = Signal(QWidget)
    message = Signal(str, bool)

    def __init__(self, context: ConsoleContext, kept: dict[str, Any] | None = None) -> None:
        """Make no page yet; `kept` is what `kept` of the stack before gave."""
        super().__init__()
        self._context = context
        self._pages: dict[str, QWidget] = {}
        self._kept = kept or {}

    @property
    def front(self) -> str:
        """The key of the page in front; empty before the first."""
        current = self.currentWidget()
        return next((key for key, page in self._pages.items() if page is current), "")

    def kept(self) -> dict[str, Any]:
        """Return what was chosen and typed on each page, for the stack that takes the place."""
        made = {k: page.kept() for k, page in self._pages.items() if isinstance(page, KeepsState)}
        return self._kept | made

    def page(self, key: str) -> QWidget:
        """Return a page, made when it is wanted for the first time."""
        if key not in self._pages:
            spec = next(spec for spec in PAGES if spec.key == key)
            page = spec.make(self._context)
            self._connect(page)
            self._pages[key] = page
            self.addWidget(page)
            self.made.emit(page)
            if key in self._kept and isinstance(page, KeepsState):
                page.restore(self._kept.pop(key))
        return self._pages[key]

    def _connect(self, page: QWidget) -> None:
        """Carry the wishes of a page, by the names that pages give them."""
        for name, slot in (
            ("page_wanted", self.show_page),
            ("camera_wanted", self.edit_camera),
            ("alarm_opened", self.show_alarm),
            ("log_asked", self.show_log),
            ("message", self.message),
        ):
            signal = getattr(page, name, None)
            if isinstance(signal, SignalInstance):
                signal.connect(slot)

    @Slot(str)
    def show_page(self, key: str) -> None:
        """Bring a page to the front."""
        self.setCurrentWidget(self.page(key))
        self.shown.emit(key)

    @Slot(str)
    def show_topic(self, topic: str) -> None:
        """Show a topic on the Kafka page."""
        self.show_page("kafka")
        page = self.page("kafka")
        if isinstance(page, HasTopic):
            page.show_topic(topic)

    @Slot(str)
    def edit_camera(self, camera_id: str) -> None:
        """Show the settings of a camera, on the Cameras page."""
        self.show_page("cameras")
        page = self.page("cameras")
        if isinstance(page, HasCameras):
            page.edit(camera_id)

    def add_cameras(self, sources: Sequence[Source], refused: str) -> None:
        """Ask for new cameras with these sources; `refused` says which others are of no use."""
        self.show_page("cameras")
        page = self.page("cameras")
        if isinstance(page, HasCameras):
            page.add_sources(sources, refused)

    def import_cameras(self, path: Path) -> None:
        """Show what importing a list of cameras would do."""
        self.show_page("cameras")
        page = self.page("cameras")
        if isinstance(page, HasCameras):
            page.import_list(path)

    def open_properties(self, path: Path) -> None:
        """Show what becomes of the properties in a file."""
        self.show_page("kafka")
        page = self.page("kafka")
        if isinstance(page, HasTopic):
            page.open_properties(path)

    @Slot(object)
    def show_worker(self, name: WorkerName) -> None:
        """Show a worker on the Pipeline page."""
        self.show_page("pipeline")
        page = self.page("pipeline")
        if isinstance(page, HasWorker):
            page.show_worker(name)

    @Slot(object)
    def show_log(self, name: WorkerName) -> None:
        """Show a worker's lines on the Logs page."""
        self.show_page("logs")
        page = self.page("logs")
        if isinstance(page, HasLog):
            page.show_worker(name.value)

    @Slot(str)
    def show_alarm(self, alarm_id: str) -> None:
        """Show an alarm on the Alarms page."""
        self.show_page("alarms")
        page = self.page("alarms")
        if isinstance(page, HasAlarm):
            page.show_alarm(alarm_id)

    def seen_logs(self) -> LogSelection:
        """Return which lines the Logs page shows; all of them, where it was not opened."""
        page = self._pages.get("logs")
        if page is not None and isinstance(page, HasLog):
            return page.selection()
        return LogSelection()

    def show_wall_only(self, *, wall_only: bool) -> None:
        """Show nothing beside the camera wall on the Live page, or everything again."""
        page = self._pages.get("live")
        if page is not None and isinstance(page, HasWall):
            page.set_wall_only(wall_only=wall_only)

    def enter(self) -> None:
        """Put the focus where the page in front begins: it goes on to any button by itself."""
        page: QWidget | None = self.currentWidget()
        if page is not None and isinstance(page, HasEntry):
            page.enter()

    @Slot()
    def focus_filter(self) -> None:
        """Put the cursor into the filter of the page in front, where it has one."""
        page: QWidget | None = self.currentWidget()
        if page is not None and isinstance(page, HasFilter):
            page.focus_filter()
