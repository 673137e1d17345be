"""The API keys in the settings: which there are, how they fare, adding, changing, trying, removing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMessageBox, QPushButton, QWidget

from console import joining, settings_keeper
from console.background import in_background
from console.context import ConsoleContext
from console.key_words import LEVELS, condition_words, limit_words, place_words
from console.theme.tokens import Space
from console.widgets.balanced_label import BalancedLabel
from console.widgets.dialog_buttons import MessageBox
from console.widgets.key_dialog import STORE_PREFIX, KeyDialog
from console.widgets.painting import with_role
from console.widgets.section import Section
from console.widgets.value_table import ValueTable, set_color
from console.window_texts import error_words
from pipeline.secrets import DOTS
from pipeline.settings_scheduler import KeySettings, LlmSettings
from pipeline.states import ALIVE, WorkerName
from pipeline.telemetry import KeyView

NAME, KEY, STATE, LIMITS = range(4)
TABLE_HEIGHT: Final = 150


class KeysSection(Section):
    """Lists the keys; every change is kept and used at once.

    Attributes:
        message: something to tell for a moment: text, and whether it is bad news.
    """

    message = Signal(str, bool)

    def __init__(
        self,
        context: ConsoleContext,
        tried_with: Callable[[], LlmSettings],
        parent: QWidget | None = None,
    ) -> None:
        """Make the list.

        Args:
            context: of the window.
            tried_with: gives the language model as it is typed, which need not be in use yet.
            parent: of the widget.
        """
        super().__init__(QCoreApplication.translate("KeysSection", "API keys"), parent)
        self._context = context
        self._tried_with = tried_with
        self._table = ValueTable(
            [self.tr("Name"), self.tr("Key"), self.tr("State"), self.tr("Limits")],
            numbers_from=4,
            stretch=STATE,
        )
        self._table.setAccessibleName(self.tr("API keys"))
        self._table.setFixedHeight(TABLE_HEIGHT)
        self._table.itemSelectionChanged.connect(self._show_buttons)
        self._table.itemDoubleClicked.connect(lambda _item, _column: self._on_edit())
        self._empty = QLabel(
            self.tr(
                "No keys. Add one for each account; a server of your own, such as Ollama, "
                "needs none."
            )
        )
        self._empty.setWordWrap(True)
        self._empty.setProperty("role", "muted")
        self._refused = BalancedLabel()
        with_role(self._refused, "status", "danger")
        self._refused.hide()
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        self._add = self._button(self.tr("Add key…"), self._on_add)
        self._edit = self._button(self.tr("Change and check…"), self._on_edit)
        self._switch = self._button(self.tr("Switch off"), self._on_switch)
        self._remove = self._button(self.tr("Remove…"), self._on_remove)
        for button in (self._add, self._edit, self._switch, self._remove):
            row.addWidget(button)
        row.addStretch(1)
        self.add(self._empty)
        self.add(self._table)
        self.add(self._refused)
        self.body.addLayout(row)
        context.controller.settings_changed.connect(self.refresh)
        context.figures.updated.connect(self.refresh)
        self.refresh()

    def _button(self, text: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(slot)
        return button

    @property
    def _keys(self) -> tuple[KeySettings, ...]:
        return self._context.settings.scheduler.llm.keys

    def _views(self) -> dict[str, KeyView]:
        name = WorkerName.SCHEDULER
        if self._context.controller.status(name).state not in ALIVE:
            return {}
        return {view.key_id: view for view in self._context.figures.snapshot(name).keys}

    @Slot()
    def refresh(self) -> None:
        """Show what is newest."""
        if not self.isVisible() and self._table.topLevelItemCount() == len(self._keys):
            return
        views = self._views()
        self._table.set_rows([self._row(key, views.get(key.id)) for key in self._keys])
        for index, key in enumerate(self._keys):
            view = views.get(key.id)
            token = LEVELS[view.condition] if view is not None and key.enabled else "text_muted"
            item = self._table.topLevelItem(index)
            if item is not None:
                set_color(item, STATE, self._context.theme.color(token))
                item.setToolTip(STATE, item.text(STATE))
        self._table.setVisible(bool(self._keys))
        self._empty.setVisible(not self._keys)
        self._show_refused(views)
        self._show_buttons()

    def _show_refused(self, views: dict[str, KeyView]) -> None:
        """Say in whole sentences why keys are refused: a cell of the table has no room for it."""
        used = [views[key.id] for key in self._keys if key.enabled and key.id in views]
        lines = [joining.named(view.key_id, condition_words(view)) for view in used if view.reason]
        text = "\n".join(lines)
        if text != self._refused.text():
            self._refused.setText(text)
            self._refused.setVisible(bool(text))

    def _row(self, key: KeySettings, view: KeyView | None) -> tuple[str, str, str, str]:
        if not key.enabled:
            state = self.tr("Off")
        elif view is None:
            state = self.tr("Not in use")
        elif view.reason:
            state = self.tr("Disabled")
        else:
            state = condition_words(view)
        # Of a short key there are dots only, which tell nothing.
        end = view.masked if view is not None and view.masked != DOTS else ""
        shown = joining.in_a_line(part for part in (end, place_words(key)) if part)
        return key.id, shown, state, limit_words(key) or self.tr("none")

    def _selected(self) -> KeySettings | None:
        items = self._table.selectedItems()
        index = self._table.indexOfTopLevelItem(items[0]) if items else -1
        return self._keys[index] if 0 <= index < len(self._keys) else None

    @Slot()
    def _show_buttons(self) -> None:
        key = self._selected()
        for button in (self._edit, self._switch, self._remove):
            button.setEnabled(key is not None)
        is_off = key is not None and not key.enabled
        self._switch.setText(self.tr("Switch on") if is_off else self.tr("Switch off"))

    # ------------------------------------------------------------------ changes
    @Slot()
    def _on_add(self) -> None:
        dialog = KeyDialog(self._tried_with(), None, self.window())
        dialog.accepted_key.connect(lambda key: self._use((*self._keys, key)))
        dialog.open()

    @Slot()
    def _on_edit(self) -> None:
        old = self._selected()
        if old is None:
            return
        dialog = KeyDialog(self._tried_with(), old, self.window())
        dialog.accepted_key.connect(lambda key: self._replace(old, key))
        dialog.open()

    def _replace(self, old: KeySettings, new: KeySettings) -> None:
        self._use(tuple(new if key.id == old.id else key for key in self._keys))
        if old.secret != new.secret:
            self._take_out(old)

    @Slot()
    def _on_switch(self) -> None:
        key = self._selected()
        if key is not None:
            other = key.model_copy(update={"enabled": not key.enabled})
            self._use(tuple(other if one.id == key.id else one for one in self._keys))

    @Slot()
    def _on_remove(self) -> None:
        key = self._selected()
        if key is None:
            return
        text = self.tr("Remove the API key “{0}”?").format(key.id)
        box = MessageBox(
            QMessageBox.Icon.Question, self.tr("Remove key"), text, parent=self.window()
        )
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if _is_ours(key):
            box.setInformativeText(
                self.tr("It is also taken out of the credential store and cannot be had back.")
            )
        remove = box.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        remove.clicked.connect(lambda: self._do_remove(key))
        box.open()

    def _do_remove(self, key: KeySettings) -> None:
        self._use(tuple(one for one in self._keys if one.id != key.id))
        self._take_out(key)

    def _take_out(self, key: KeySettings) -> None:
        """Take a secret that the window put there out of the credential store."""
        if not _is_ours(key):
            return
        name = key.secret.partition(":")[2]

        def work() -> None:
            from pipeline import secrets

            secrets.delete(name)

        in_background(
            self, work, lambda _: None, lambda error: self.message.emit(error_words(error), True)
        )

    def _use(self, keys: tuple[KeySettings, ...]) -> None:
        settings = settings_keeper.newest(self._context)
        llm = settings.scheduler.llm.model_copy(update={"keys": keys})
        scheduler = settings.scheduler.model_copy(update={"llm": llm})
        settings_keeper.keep(
            self._context,
            self,
            settings.model_copy(update={"scheduler": scheduler}),
            self.refresh,
            lambda text: self.message.emit(text, True),
        )


def _is_ours(key: KeySettings) -> bool:
    return key.secret.startswith(f"keyring:{STORE_PREFIX}")
