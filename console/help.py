"""F1: what the window shows and which keys it knows, in one short text."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from console.theme.tokens import Space
from console.widgets.dialog_buttons import DialogButtons

translate = QCoreApplication.translate

TEXT_WIDTH: Final = 560
TITLE: Final = 40
"""Height of the title bar that the system adds, pixels."""


def keys() -> list[tuple[str, str]]:
    """Return the shortcuts and what they do."""
    return [
        ("Ctrl+1 … Ctrl+7", translate("Help", "the pages, from Live to Settings")),
        ("F5", translate("Help", "start all workers")),
        ("Shift+F5", translate("Help", "stop all workers; they finish what is under way")),
        ("Ctrl+E", translate("Help", "export logs into one file for support")),
        ("Ctrl+F", translate("Help", "filter the page in front")),
        ("Ctrl+S", translate("Help", "on Live: save pictures; on Kafka and Settings: apply")),
        ("F3, Shift+F3", translate("Help", "on Logs: the next error, the one before")),
        ("Ctrl+←, Ctrl+→", translate("Help", "on Live: move the chosen camera, as dragging does")),
        ("Ctrl+T", translate("Help", "fold the track diagram, or unfold it")),
        ("F11, Esc", translate("Help", "the camera wall alone on the screen, and back")),
        ("F1", translate("Help", "this text")),
    ]


def page_text(page: str) -> str:
    """Return what the page with this key is for and how it is used; empty for an unknown key."""
    texts = {
        "live": translate(
            "Help",
            "Live shows the cameras and the newest alarms. Double-click a camera to see it alone. "
            "A tile without a picture says why, and when the camera is tried again; a right click "
            "leads to its settings.",
        ),
        "alarms": translate(
            "Help",
            "Alarms lists every alarm that is kept. Choose one to see its picture and what the rules "
            "or the model said; acknowledge it with a note, or mark it as false. Assess again tries "
            "other thresholds or another prompt on them and changes nothing that is stored.",
        ),
        "pipeline": translate(
            "Help",
            "Pipeline tells all about each worker: its last trouble, how long its work takes, when "
            "it was restarted, and the settings it runs with. A click on its card shows the same beside "
            "any other page.",
        ),
        "kafka": translate(
            "Help",
            "Kafka shows topics and the lag of their readers. A lag that grows means that more comes "
            "in than the reader gets done: look at that worker, or start one more of it on another "
            "machine. Dead letters are messages that no worker could process, each with the reason.",
        ),
        "logs": translate(
            "Help",
            "Logs holds the lines of all workers, which are in English in every language. F3 goes to "
            "the next error; scrolling up stops following, the End key follows again. The timeline "
            "tells what happened to cameras, workers and alarms, in the order of time.",
        ),
        "cameras": translate(
            "Help",
            "Cameras is where they are added, changed and tested. A test shows one picture, or why "
            "there is none. Zones are drawn on it: where to look, what to leave out, what to count.",
        ),
        "settings": translate(
            "Help",
            "Settings are checked as you type. Before you apply them, the page says which workers will "
            "restart.",
        ),
    }
    return texts.get(page, "")


def help_text(page: str = "") -> str:
    """Return the text as simple HTML, beginning with the page in front."""
    first = page_text(page)
    paragraphs = (
        *((first,) if first else ()),
        translate(
            "Help",
            "The track at the top is the pipeline: Detection finds road users in the pictures of "
            "the cameras, the Generator makes one task of each group, the Scheduler has it "
            "assessed, the Aggregator turns risks into alarms. Between two workers lies a Kafka "
            "topic; its colour tells whether its reader keeps up.",
        ),
        translate(
            "Help",
            "Green: all is well. Amber: it works, but needs a look. Red: it does not work. Click a "
            "worker or a topic to read why, and what to do about it.",
        ),
        translate(
            "Help",
            "Lag is the number of messages that a worker has not finished yet; its age tells how "
            "long the oldest of them has waited.",
        ),
    )
    pad = f"{Space.XS // 2}px {Space.L}px {Space.XS // 2}px 0"
    cell = f"td valign='middle' style='padding:{pad}'"
    rows = "".join(f"<tr><{cell}><b>{key}</b></td><{cell}>{what}</td></tr>" for key, what in keys())
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    table = f"table cellspacing='0' cellpadding='0' style='margin-top:{Space.S}px'"
    return f"{text}<{table}>{rows}</table>"


class HelpDialog(QDialog):
    """Shows the text; closed by Esc."""

    def __init__(self, parent: QWidget, page: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Help"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = QLabel(help_text(page))
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.RichText)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(text)
        buttons = DialogButtons(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.M, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(scroll, 1)
        column.addWidget(buttons)
        # As high as the text, as far as the screen goes.
        around = column.contentsMargins()
        width = TEXT_WIDTH + around.left() + around.right()
        height = text.heightForWidth(TEXT_WIDTH) + buttons.sizeHint().height() + column.spacing()
        height += around.top() + around.bottom()
        self.resize(width, min(height, parent.screen().availableSize().height() - TITLE))
