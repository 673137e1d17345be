"""Adds or changes one API key: its name, the key itself, what it may do; and tries it."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.background import in_background
from console.key_words import check_words
from console.problem_words import problems_by_place
from console.theme.tokens import Space
from console.widgets.dialog_buttons import DialogButtons
from console.widgets.form_row import FormRow
from console.widgets.painting import set_property
from console.window_texts import error_words
from pipeline.secrets import is_reference
from pipeline.settings_scheduler import KeySettings, LlmSettings

WIDTH: Final = 620
NUMBER_WIDTH: Final = 112
CHOICE_WIDTH: Final = 260
STORE_PREFIX: Final = "llm-key-"
"""Entries of the credential store that the window makes, and takes away again."""

NUMBERS: Final = (
    "requests_per_second",
    "requests_per_minute",
    "tokens_per_minute",
    "max_in_flight",
    "weight",
)


class KeyDialog(QDialog):
    """Asks for one key. The key goes into the credential store, never into the settings.

    Attributes:
        accepted_key: carries the `KeySettings` once the key is kept.
    """

    accepted_key = Signal(object)

    def __init__(
        self, llm: LlmSettings, key: KeySettings | None, parent: QWidget | None = None
    ) -> None:
        """Ask for a new key, or for changes of `key`.

        Args:
            llm: whom the key is tried with, and which names are taken.
            key: the one to change; None for a new one.
            parent: of the dialog.
        """
        super().__init__(parent)
        self._llm = llm
        self._key = key
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Add an API key") if key is None else self.tr("Change the key"))
        self.resize(WIDTH, self.sizeHint().height())
        self._rows: dict[str, FormRow] = {}
        self._numbers: dict[str, QLineEdit] = {}
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setProperty("role", "status")
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.S)
        for row in self._make_rows():
            column.addWidget(row)
        column.addWidget(self._words)
        column.addWidget(self._make_buttons())
        self._show_key()
        self._on_place()

    def _make_rows(self) -> list[QWidget]:
        self._name = QLineEdit()
        self._place = QComboBox()
        self._place.setFixedWidth(CHOICE_WIDTH)
        self._place.addItem(self.tr("Credential store of this system"), "keyring")
        self._place.addItem(self.tr("Environment variable"), "env")
        self._place.currentIndexChanged.connect(lambda _: self._on_place())
        self._secret = QLineEdit()
        self._secret.setEchoMode(QLineEdit.EchoMode.Password)
        self._variable = QLineEdit()
        labels = {
            "requests_per_second": self.tr("Requests per second"),
            "requests_per_minute": self.tr("Requests per minute"),
            "tokens_per_minute": self.tr("Tokens per minute"),
            "max_in_flight": self.tr("Requests at once"),
            "weight": self.tr("Weight"),
        }
        self._rows["id"] = FormRow(
            self.tr("Name"), self._name, self.tr("Shown with each verdict; not the key itself.")
        )
        self._rows["place"] = FormRow(self.tr("Kept in"), self._place)
        self._rows["secret"] = FormRow(self.tr("Key"), self._secret)
        self._rows["variable"] = FormRow(
            self.tr("Variable"), self._variable, self.tr("Its name, such as QWEN_API_TOKEN.")
        )
        for name in NUMBERS:
            field = self._numbers[name] = QLineEdit()
            field.setFixedWidth(NUMBER_WIDTH)
            words = (
                self.tr("Share of the requests where the order of keys is “By weight”.")
                if name == "weight"
                else self.tr("0: no limit.")
            )
            self._rows[name] = FormRow(labels[name], field, words)
        return list(self._rows.values())

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = DialogButtons(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        self._save = buttons.button(QDialogButtonBox.StandardButton.Save)
        self._save.setText(self.tr("Save"))
        self._save.setProperty("role", "primary")
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(self.tr("Cancel"))
        self._check = QPushButton(self.tr("Check key"))
        self._check.setAutoDefault(False)
        self._check.setToolTip(self.tr("Sends one small request with this key"))
        self._check.clicked.connect(self._on_check)
        buttons.addButton(self._check, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.accepted.connect(self._on_save)
        buttons.rejected.connect(self.reject)
        return buttons

    def _show_key(self) -> None:
        key = self._key
        shown = key or KeySettings(id="new", secret="env:UNUSED")
        for name, field in self._numbers.items():
            field.setText(f"{getattr(shown, name):g}")
        if key is None:
            self._name.setText(self._free_name())
            self._name.selectAll()
            return
        kind, _, name = key.secret.partition(":")
        self._name.setText(key.id)
        self._place.setCurrentIndex(self._place.findData(kind))
        if kind == "env":
            self._variable.setText(name)
        else:
            self._secret.setPlaceholderText(self.tr("Kept; type another to replace it"))

    def _free_name(self) -> str:
        taken = {key.id for key in self._llm.keys}
        return next(name for number in range(1, 1_000) if (name := f"key-{number}") not in taken)

    @Slot()
    def _on_place(self) -> None:
        in_store = self._place.currentData() == "keyring"
        self._rows["secret"].setVisible(in_store)
        self._rows["variable"].setVisible(not in_store)

    # ------------------------------------------------------------------ what was typed
    def _reference(self) -> str:
        if self._place.currentData() == "env":
            return f"env:{self._variable.text().strip()}"
        is_kept = self._key is not None and self._key.secret.startswith("keyring:")
        if is_kept and self._key is not None and not self._secret.text():
            return self._key.secret
        return f"keyring:{STORE_PREFIX}{self._name.text().strip()}"

    def _typed(self) -> KeySettings | None:
        """Return what was typed; None when it cannot be, and then that is said."""
        table: dict[str, Any] = {
            name: field.text().strip() for name, field in self._numbers.items()
        }
        table |= {"id": self._name.text().strip(), "secret": self._reference()}
        table["enabled"] = self._key is None or self._key.enabled
        problems: dict[str, str] = {}
        made: KeySettings | None = None
        try:
            made = KeySettings.model_validate(table)
        except ValidationError as error:
            found = problems_by_place(error)
            problems = {place[0]: text for place, text in found.items() if place}
        others = {key.id for key in self._llm.keys if key != self._key}
        if self._name.text().strip() in others:
            problems["id"] = self.tr("There is a key of this name already.")
        if self._place.currentData() == "env":
            problems.pop("secret", None)
            if not is_reference(self._reference()):
                problems["variable"] = self.tr("Enter the name of an environment variable.")
        elif not self._secret.text() and not (
            self._key is not None and self._key.secret.startswith("keyring:")
        ):
            problems["secret"] = self.tr("Enter the key.")
        for name, row in self._rows.items():
            row.set_problem(problems.get(name, ""))
        return None if problems else made

    def _say(self, text: str, level: str = "") -> None:
        self._words.setText(text)
        set_property(self._words, "level", level)

    def _set_busy(self, *, busy: bool) -> None:
        self._check.setEnabled(not busy)
        self._save.setEnabled(not busy)

    # ------------------------------------------------------------------ check and save
    @Slot()
    def _on_check(self) -> None:
        key = self._typed()
        if key is None:
            return
        if not self._llm.base_url or not self._llm.model:
            self._say(self.tr("Enter the address and the model in the settings first."), "warning")
            return
        llm, typed = self._llm, self._secret.text()
        self._set_busy(busy=True)
        self._say(self.tr("Asking {0}…").format(llm.model), "info")

        def work() -> object:
            from pipeline import secrets
            from pipeline.redact import register_secret
            from pipeline.scheduling.llm.check import check_key
            from pipeline.scheduling.llm.keys import usable

            if typed:
                register_secret(typed)
            return check_key(llm, usable(typed or secrets.resolve(key.secret)))

        in_background(self, work, self._on_checked, self._on_failed, own_thread=True)

    def _on_checked(self, checked: Any) -> None:
        self._set_busy(busy=False)
        # While it was asked, the button could not keep the focus, and Enter meant Cancel.
        (self._save if checked.fault is None else self._secret).setFocus()
        known = checked.fault is None or checked.fault.value == "rate limited"
        level = "ok" if checked.fault is None else "warning" if known else "danger"
        self._say(check_words(checked, self._llm.model), level)

    def _on_failed(self, error: Exception) -> None:
        self._set_busy(busy=False)
        self._say(error_words(error), "danger")

    @Slot()
    def _on_save(self) -> None:
        key = self._typed()
        if key is None:
            return
        typed = self._secret.text() if key.secret.startswith("keyring:") else ""
        if not typed:
            self._keep(key)
            return
        self._set_busy(busy=True)

        def work() -> None:
            from pipeline import secrets
            from pipeline.scheduling.llm.keys import usable

            secrets.store(key.secret.partition(":")[2], usable(typed))

        in_background(self, work, lambda _: self._keep(key), self._on_failed, own_thread=True)

    def _keep(self, key: KeySettings) -> None:
        self._secret.clear()
        self.accepted_key.emit(key)
        self.accept()
