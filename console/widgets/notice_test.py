"""Sends a test through the webhook or mail server as typed, and keeps the secret for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.background import in_background
from console.theme.tokens import Space
from console.widgets.painting import set_property, with_role
from console.window_texts import said, shown
from pipeline import secrets

if TYPE_CHECKING:
    from pipeline.settings_alarms import AlarmSettings

Receiver = Literal["webhook", "mail"]


class NoticeTest(QWidget):
    """Two buttons and the outcome.

    Attributes:
        asked: a test is wanted with what is typed; answer with `send` or `refuse`.
        secret_kept: carries the reference to a secret that was put into the credential store.
    """

    asked = Signal()
    secret_kept = Signal(str)

    def __init__(self, receiver: Receiver, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._receiver = receiver
        self._send = QPushButton(self.tr("Send a test"))
        self._send.setAccessibleName(
            self.tr("Send a test to the webhook")
            if receiver == "webhook"
            else self.tr("Send a test by mail")
        )
        self._send.setToolTip(self.tr("With what is typed above, applied or not"))
        self._send.clicked.connect(self.asked)
        self._keep = QPushButton(
            self.tr("Store the secret…")
            if receiver == "webhook"
            else self.tr("Store the password…")
        )
        self._keep.setToolTip(self.tr("Put it into the credential store of this system"))
        self._keep.clicked.connect(self._ask_secret)
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        with_role(self._words, "status")
        self._words.hide()
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self._send)
        row.addWidget(self._keep)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, Space.XS, 0, 0)
        column.setSpacing(Space.XS)
        column.addLayout(row)
        column.addWidget(self._words)

    def send(self, settings: AlarmSettings) -> None:
        """Send a test by these settings; says what came of it."""
        self._send.setEnabled(False)
        self._say(self.tr("Sending…"), "info")
        receiver = self._receiver

        def work() -> None:
            # Imported here: these libraries take time, which the window has not at its start.
            from pipeline.aggregation.notices import mail, post, sample_alert

            if receiver == "webhook":
                post(settings.webhook, sample_alert())
            else:
                mail(settings.mail, sample_alert())

        in_background(self, work, self._on_sent, self._on_failed, own_thread=True)

    def refuse(self, text: str) -> None:
        """Say why no test can be sent."""
        self._say(text, "danger")

    def _on_sent(self, _: None) -> None:
        self._send.setEnabled(True)
        self._say(
            self.tr("The webhook took the test.")
            if self._receiver == "webhook"
            else self.tr("The mail server took the test. See whether it arrives."),
            "ok",
        )

    def _on_failed(self, error: Exception) -> None:
        self._send.setEnabled(True)
        self._say(self.tr("The test failed: {0}.").format(said(error)), "danger")

    def _say(self, text: str, level: str) -> None:
        self._words.setText(text)
        set_property(self._words, "level", level)
        self._words.show()

    @Slot()
    def _ask_secret(self) -> None:
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(self._keep.text().rstrip("…⋯"))
        dialog.setLabelText(
            self.tr("It goes into the credential store of this system; settings name it only.")
        )
        dialog.setTextEchoMode(QLineEdit.EchoMode.Password)
        dialog.textValueSelected.connect(self._keep_secret)
        dialog.open()

    @Slot(str)
    def _keep_secret(self, secret: str) -> None:
        if not secret:
            return
        name = self._receiver

        def kept(_: None) -> None:
            self._say(self.tr("Stored. Apply to use it."), "ok")
            self.secret_kept.emit(secrets.keyring_reference(name))

        def failed(error: Exception) -> None:
            step = getattr(error, "next_step", "")
            self._say(self.tr("Not stored: {0}. {1}").format(said(error), shown(step)), "danger")

        in_background(self, lambda: secrets.store(name, secret), kept, failed, own_thread=True)
