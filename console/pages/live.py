"""The live page: camera wall, newest alarms beside it, the log's tail below."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from PySide6.QtCore import QByteArray, QSettings, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from console.context import ConsoleContext
from console.widgets.alarm_list import AlarmList
from console.widgets.camera_wall import CameraWall
from console.widgets.log_tail import LogTail

ALARM_WIDTH: Final = (344, 480)
ALARM_SHARE: Final = 0.18
LOG_HEIGHT: Final = (108, 172)
LOG_SHARE: Final = 0.25
"""Least and most that alarms and log take of the page, pixels, and their share in between, until
somebody drags their edges: the wall is what the page is for."""

LARGEST_SHARE: Final = 0.32
"""Of a page that is too small for the least."""

ACROSS: Final = "live/across"
DOWN: Final = "live/down"
"""Where the edges that were dragged are remembered."""


class LivePage(QWidget):
    """What the operator looks at all day.

    Attributes:
        alarm_opened: id of an alarm to show in full.
        page_wanted: key of another page.
        camera_wanted: id of a camera whose settings are wanted.
        message: something to tell for a moment: text, and whether it is bad news.
    """

    alarm_opened = Signal(str)
    page_wanted = Signal(str)
    camera_wanted = Signal(str)
    message = Signal(str, bool)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wall = CameraWall(context)
        self._alarms = AlarmList(context)
        self._log = LogTail(context, self.tr("Log tail"))
        self._across = self._splitter(Qt.Orientation.Horizontal, (self._wall, self._alarms))
        self._down = self._splitter(Qt.Orientation.Vertical, (self._across, self._log))
        self._is_as_dragged = {self._across: False, self._down: False}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._down)
        self._restore()
        self._alarms.alarm_opened.connect(self.alarm_opened)
        self._wall.add_camera_wanted.connect(lambda: self.page_wanted.emit("cameras"))
        self._wall.edit_wanted.connect(self.camera_wanted)
        self._wall.snapshot_saved.connect(self._on_snapshot)
        save = QShortcut(QKeySequence.StandardKey.Save, self)
        save.activated.connect(self._wall.save_snapshots)

    @property
    def wall(self) -> CameraWall:
        """The camera wall."""
        return self._wall

    def enter(self) -> None:
        """Put the focus on the camera that had it last, or on the first."""
        self._wall.enter()

    def focus_filter(self) -> None:
        """Put the cursor into the log's filter."""
        self._log.focus_filter()

    def reload_cameras(self) -> None:
        """Show the cameras of changed settings."""
        self._wall.reload()

    def set_wall_only(self, *, wall_only: bool) -> None:
        """Show nothing but the wall (full screen), or everything."""
        self._alarms.setVisible(not wall_only)
        self._log.setVisible(not wall_only)

    def kept(self) -> Any:
        """Return the log's filter and the camera that is shown alone."""
        return self._log.kept(), self._wall.alone

    def restore(self, kept: Any) -> None:
        """Take over what another live page kept."""
        log, alone = kept
        self._log.restore(log)
        if alone is not None:
            self._wall.show_alone(alone)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        store = QSettings()
        for splitter, key in ((self._across, ACROSS), (self._down, DOWN)):
            if self._is_as_dragged[splitter]:
                store.setValue(key, splitter.saveState())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share(self._across, self.width(), ALARM_SHARE, ALARM_WIDTH)
        self._share(self._down, self.height(), LOG_SHARE, LOG_HEIGHT)

    def _share(
        self, splitter: QSplitter, whole: int, share: float, limits: tuple[int, int]
    ) -> None:
        if not self._is_as_dragged[splitter]:
            least, most = limits
            extent = min(max(round(whole * share), least), most, round(whole * LARGEST_SHARE))
            splitter.setSizes([max(1, whole - extent - splitter.handleWidth()), extent])

    @staticmethod
    def _splitter(orientation: Qt.Orientation, widgets: tuple[QWidget, QWidget]) -> QSplitter:
        splitter = QSplitter(orientation)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        for widget in widgets:
            splitter.addWidget(widget)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 0)
        return splitter

    def _restore(self) -> None:
        store = QSettings()
        for splitter, key in ((self._across, ACROSS), (self._down, DOWN)):
            state = store.value(key)
            known = isinstance(state, QByteArray) and splitter.restoreState(state)
            self._is_as_dragged[splitter] = known
            splitter.splitterMoved.connect(partial(self._on_dragged, splitter))

    def _on_dragged(self, splitter: QSplitter, _place: int, _index: int) -> None:
        self._is_as_dragged[splitter] = True

    def _on_snapshot(self, path: str, problem: str) -> None:
        if problem:
            self.message.emit(self.tr("No picture saved: {0}").format(problem), True)
        else:
            self.message.emit(self.tr("Picture saved: {0}").format(path), False)
