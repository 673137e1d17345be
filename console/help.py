"""F1: what the window shows and which keys it knows, in one short text."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from console.theme.tokens import Space
from console.widgets.dialog_buttons import DialogButtons

translate = QCoreApplication.translate


def keys() -> list[tuple[str, str]]:
    """Return the shortcuts and what they do."""
    return [
        ("Ctrl+1 … Ctrl+7", translate("Help", "the pages, from Live to Settings")),
        ("F5", translate("Help", "start all workers")),
        ("Shift+F5", translate("Help", "stop all workers; they finish what is under way")),
        ("Ctrl+E", translate("Help", "export logs into one file for support")),
        ("Ctrl+F", translate("Help", "filter the page in front")),
        ("Ctrl+S", translate("Help", "on Live: save a picture of each camera")),
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
            "A tile without a picture says why, and when the camera is tried again.",
        ),
        "alarms": translate(
            "Help",
            "Alarms keeps everything that was told. Choose one to see its picture and what the "
            "assessor said; acknowledge it with a note, or mark it as false.",
        ),
        "pipeline": translate(
            "Help",
            "Pipeline tells all about each worker: its last trouble, how long its work takes, when "
            "it was restarted, and the settings it runs with. A click on its card shows the same beside "
            "any other page.",
        ),
        "kafka": translate(
            "Help",
            "Kafka shows topics and the lag of their readers. A lag that grows means that the "
            "reader is slower than what comes in: look at that worker, or start another one.",
        ),
        "logs": translate(
            "Help",
            "Logs holds the lines of all workers. F3 goes to the next error; scrolling up stops "
            "following, the End key follows again.",
        ),
        "cameras": translate(
            "Help",
            "Cameras is where they are added, changed and tested. A test shows one picture, or why "
            "there is none.",
        ),
        "settings": translate(
            "Help",
            "Settings are checked as you type. Apply saves them and says which workers restart.",
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
            "Green: well. Amber: works, with a reason to look. Red: does not work. A click on a "
            "worker or a topic tells more. The reason and what to do about it stand in words, too.",
        ),
        translate(
            "Help",
            "Lag is the number of messages that a worker has not finished yet, and how old the "
            "oldest of them is.",
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
        text.setMinimumWidth(560)
        buttons = DialogButtons(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.M, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(text)
        column.addWidget(buttons)
