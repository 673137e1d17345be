"""Files that are dropped on the window: videos become cameras, lists and properties are opened.

The keyboard has the same: Ctrl+N, *List* on the page of the cameras, *Paste Java properties…*.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from console import joining
from console.background import in_background
from console.dragged import addresses_in
from console.page_stack import PageStack
from console.widgets.dialog_buttons import MessageBox
from console.window_texts import said, shown
from pipeline.dropped import Dropped, sort_dropped


class Dropping(QObject):
    """Takes what is dropped on the window; says plainly what is of no use.

    Attributes:
        message: something to tell in passing, and whether it is bad news.
    """

    message = Signal(str, bool)

    def __init__(self, window: QWidget, pages: Callable[[], PageStack]) -> None:
        """Do nothing yet; the window hands its events on.

        Args:
            window: what files are dropped on.
            pages: gives the pages of the moment, which another language makes anew.
        """
        super().__init__(window)
        self._window = window
        self._pages = pages
        window.setAcceptDrops(True)

    def enter(self, event: QDragEnterEvent) -> None:
        """Take whatever has addresses: what they are is looked at later, as disks may be slow."""
        if QApplication.activeModalWidget() is not None or not event.mimeData().hasUrls():
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.message.emit(self.tr("Drop to open"), False)

    def drop(self, event: QDropEvent) -> None:
        """Find out what it is, then open what it is for."""
        addresses = addresses_in(event.mimeData())
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        in_background(self, lambda: sort_dropped(addresses), self._on_sorted, self._on_failed)

    def _on_failed(self, error: Exception) -> None:
        self._refuse(said(error))

    def _on_sorted(self, dropped: Dropped) -> None:
        reasons = "\n".join(shown(reason) for reason in dropped.refused)
        lists, properties = dropped.lists, dropped.properties
        if dropped.kinds > 1:
            self._refuse(
                self.tr(
                    "Different kinds of files at once: drop cameras, a list or properties by themselves."
                )
            )
        elif len(lists) > 1 or len(properties) > 1:
            self._refuse(self.tr("Drop one such file at a time."))
        elif not dropped.kinds:
            self._refuse(reasons)
        elif dropped.cameras:
            self._pages().add_cameras(dropped.cameras, reasons)
        elif lists:
            self._open(lists[0], self._pages().import_cameras, reasons)
        else:
            self._open(properties[0], self._pages().open_properties, reasons)

    def _open(self, path: Path, opens: Callable[[Path], None], reasons: str) -> None:
        opens(path)
        if reasons:
            self.message.emit(joining.in_a_line(reasons.splitlines()), True)

    def _refuse(self, reasons: str) -> None:
        box = MessageBox(
            QMessageBox.Icon.Information,
            self.tr("Nothing was added"),
            reasons,
            QMessageBox.StandardButton.Close,
            self._window,
        )
        box.setInformativeText(
            self.tr(
                "What can be dropped: videos and folders of pictures become cameras; a list of cameras (CSV) and a file of Kafka properties are opened for a look before anything is taken over."
            )
        )
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
