"""The page of settings: forms made from the models, checked as typed, applied in one step."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from console import joining, settings_keeper
from console.background import in_background
from console.context import ConsoleContext
from console.problem_words import placed_words, problems_by_place
from console.settings_form import AT_NEXT_START, sections
from console.theme.tokens import Space
from console.widgets.card_columns import CardColumns
from console.widgets.keys_section import KeysSection
from console.widgets.machine_choice import Machine, read_machine
from console.widgets.model_test import ModelTest
from console.widgets.notice_test import NoticeTest, Receiver
from console.widgets.painting import line, set_property, with_role
from console.widgets.prompt_dialog import PromptDialog
from console.widgets.section import Section, page_heading
from console.widgets.section_list import SectionList
from console.widgets.setting_field import SettingField
from console.window_texts import said
from pipeline.paths import data_folder
from pipeline.settings import DetectionSettings, Settings
from pipeline.settings_scheduler import LlmSettings

RECEIVERS: Final[tuple[Receiver, ...]] = ("webhook", "mail")
LIST_WIDTH: Final = 168
TRIED: Final = ("model", "family", "providers", "device", "input_size", "classes", "batch")
"""Settings of the detection that change which model runs, or on what."""


class SettingsPage(QWidget):
    """All settings but the cameras, which have their own page.

    Attributes:
        message: something to tell for a moment: text, and whether it is bad news.
    """

    message = Signal(str, bool)

    def __init__(self, context: ConsoleContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._fields: list[SettingField] = []
        self._cards: list[Section] = []
        self._shown = context.settings
        self._checked: Settings | None = None
        with_role(self, "page")
        self._test = ModelTest(context)
        self._passed: DetectionSettings | None = None
        self._applies_when_passed = False
        self._list = SectionList()
        self._scroll = self._make_form()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setProperty("role", "status")
        self._revert = QPushButton(self.tr("Revert"))
        self._revert.setToolTip(self.tr("Show the settings in use again"))
        self._revert.clicked.connect(self.revert)
        self._apply = QPushButton(self.tr("Apply"))
        self._apply.setProperty("role", "primary")
        self._apply.setToolTip(self.tr("Save and use these settings (Ctrl+S)"))
        self._apply.clicked.connect(self.apply)
        self._lay_out()
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Save), self)
        shortcut.activated.connect(self.apply)
        self._test.asked.connect(self._try)
        self._test.family_picked.connect(self._on_family)
        self._test.passed.connect(self._on_passed)
        self._test.failed.connect(self._on_failed)
        context.controller.settings_changed.connect(self._on_settings)
        context.controller.state_changed.connect(self._show_state)
        self.revert()
        in_background(self, read_machine, self._on_machine, self._on_machine_unread)

    def _on_machine(self, machine: Machine) -> None:
        for field in self._fields:
            field.offer(machine)

    def _on_machine_unread(self, error: Exception) -> None:
        """Without onnxruntime nothing runs; what the settings name stays to be seen."""
        self.message.emit(
            self.tr("What this machine can run models on is not known: {0}").format(said(error)),
            True,
        )

    def _make_form(self) -> QScrollArea:
        holder = CardColumns()
        for spec in sections():
            card = Section(spec.title)
            for field_spec in spec.fields:
                field = SettingField(field_spec, self)
                field.changed.connect(self._check)
                self._fields.append(field)
                card.add(field.row)
            place = spec.fields[0].place
            if place == ("detection", "model"):
                card.add(self._test)
            for receiver in RECEIVERS:
                if spec.fields[0].place[:-1] == ("aggregator", "alarms", receiver):
                    card.add(self._notice_test(receiver))
            self._add_card(holder, card, spec.title)
            if place[:2] == ("scheduler", "llm"):
                card.body.addLayout(self._prompt_row())
                keys = KeysSection(self._context, self._typed_llm)
                keys.message.connect(self.message)
                self._add_card(holder, keys, keys.accessibleName())
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        with_role(holder, "page")
        scroll.setWidget(holder)
        return scroll

    def _notice_test(self, receiver: Receiver) -> NoticeTest:
        """Return what sends a test through a receiver, by what is typed."""
        test = NoticeTest(receiver)
        fields = {field.place[-1]: field for field in self._fields}

        def send() -> None:
            if self._checked is None:
                test.refuse(self.tr("Mend what is marked red first."))
                return
            alarms = self._checked.aggregator.alarms
            if receiver == "webhook" and not alarms.webhook.url:
                test.refuse(self.tr("Type the address first."))
            elif receiver == "mail" and not alarms.mail.host:
                test.refuse(self.tr("Type the mail server first."))
            else:
                test.send(alarms)

        test.asked.connect(send)
        secret = fields["secret" if receiver == "webhook" else "password"]
        test.secret_kept.connect(secret.show)
        return test

    def _add_card(self, holder: CardColumns, card: Section, title: str) -> None:
        self._cards.append(card)
        self._list.add(title, card)
        holder.add(card)

    def _prompt_row(self) -> QHBoxLayout:
        button = QPushButton(self.tr("Edit the prompt…"))
        button.clicked.connect(self._on_prompt)
        row = QHBoxLayout()
        row.addWidget(button)
        row.addStretch(1)
        return row

    @Slot()
    def _on_prompt(self) -> None:
        kept = self._context.settings_path
        folder = kept.parent if kept is not None else data_folder()
        dialog = PromptDialog(self._typed_llm(), folder, self.window())
        dialog.chosen.connect(self._use_prompt)
        dialog.open()

    @Slot(object)
    def _use_prompt(self, path: Path | None) -> None:
        settings = settings_keeper.newest(self._context)
        llm = settings.scheduler.llm.model_copy(update={"prompt": path})
        scheduler = settings.scheduler.model_copy(update={"llm": llm})
        settings_keeper.keep(
            self._context,
            self,
            settings.model_copy(update={"scheduler": scheduler}),
            self._on_applied,
            self._on_not_kept,
        )

    def _lay_out(self) -> None:
        self._list.setFixedWidth(LIST_WIDTH)
        self._list.setAccessibleName(self.tr("Sections"))
        self._list.setCurrentRow(0)
        self._list.currentRowChanged.connect(self._on_section)
        kept = QLabel(settings_keeper.where_kept(self._context))
        middle = QHBoxLayout()
        middle.setSpacing(Space.L)
        middle.addWidget(self._list)
        middle.addWidget(self._scroll, 1)
        foot = QHBoxLayout()
        foot.setSpacing(Space.S)
        foot.addWidget(self._words, 1)
        foot.addWidget(self._revert)
        foot.addWidget(self._apply)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        column.setSpacing(Space.M)
        column.addWidget(page_heading(self.tr("Settings"), kept))
        column.addLayout(middle, 1)
        column.addWidget(line())
        column.addLayout(foot)

    @Slot(int)
    def _on_section(self, row: int) -> None:
        if 0 <= row < len(self._cards):
            self._scroll.verticalScrollBar().setValue(self._cards[row].y())
            # It need not come to the top: another column is longer, or the form ends.
            for place, card in enumerate(self._cards):
                set_property(card, "chosen", "true" if place == row else "false")

    # ------------------------------------------------------------------ typed and in use
    def kept(self) -> Any:
        """Return what is typed and not in use yet, and the section in sight."""
        typed = {field.place: field.typed() for field in self._fields if self._is_typed(field)}
        return typed, self._list.currentRow(), self._scroll.verticalScrollBar().value()

    def enter(self) -> None:
        """Put the focus on the list of parts."""
        self._list.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def restore(self, kept: Any) -> None:
        """Take over what was typed."""
        typed, section, scrolled = kept
        for field in self._fields:
            if field.place in typed:
                field.show(typed[field.place])
        self._list.setCurrentRow(section)
        # The form gets its height with its first layout.
        QTimer.singleShot(0, lambda: self._scroll.verticalScrollBar().setValue(scrolled))

    def _is_typed(self, field: SettingField) -> bool:
        return field.shows_other_than(_at(self._shown, field.place))

    @Slot()
    def revert(self) -> None:
        """Show the settings in use."""
        self._shown = self._context.settings
        for field in self._fields:
            field.blockSignals(True)
            field.show(_at(self._shown, field.place))
            field.blockSignals(False)
        self._check()

    @Slot(object)
    def _on_settings(self, settings: Settings) -> None:
        """Follow what was changed elsewhere, but keep what is being typed here."""
        before = self._shown
        self._shown = settings
        for field in self._fields:
            if _at(before, field.place) == _at(settings, field.place):
                continue
            field.blockSignals(True)
            field.show(_at(settings, field.place))
            field.blockSignals(False)
        self._check()

    def _typed_llm(self) -> LlmSettings:
        """Return the language model as it is typed; the one in use where that cannot be."""
        return (self._checked or self._context.settings).scheduler.llm

    def _typed(self) -> dict[str, Any]:
        table = self._context.settings.model_dump()
        for field in self._fields:
            part = table
            for name in field.place[:-1]:
                part = part[name]
            part[field.place[-1]] = field.typed()
        return table

    @Slot()
    def _check(self) -> None:
        """Check what is typed; show problems at their fields."""
        problems: dict[tuple[str, ...], str] = {}
        before, self._checked = self._checked, None
        try:
            self._checked = Settings.model_validate(self._typed())
        except ValidationError as error:
            problems = problems_by_place(error)
        self._follow_trial(before)
        elsewhere = dict(problems)
        for field in self._fields:
            field.row.set_problem(elsewhere.pop(field.place, ""))
        self._show_words(problems, elsewhere)

    def _show_words(
        self, problems: dict[tuple[str, ...], str], elsewhere: dict[tuple[str, ...], str]
    ) -> None:
        if problems:
            text = placed_words(elsewhere) or self.tr("Mend what is marked red, then apply.")
            self._say(text, "danger")
        else:
            self._show_state()
        self._show_buttons()

    @Slot()
    def _show_state(self) -> None:
        """Say what applying would do."""
        new = self._checked
        if new is None or self._applies_when_passed:
            return
        if new == self._context.settings:
            self._say(self.tr("These settings are in use."), "")
            return
        text = settings_keeper.consequence_words(
            self._context.settings, new, self._context.controller.running
        )
        if any(_at(new, place) != _at(self._context.settings, place) for place in AT_NEXT_START):
            holds = self.tr("Some of it holds from the next start.")
            text = joining.one_after_another((text, holds))
        self._say(text, "info")

    def _show_buttons(self) -> None:
        is_changed = self._checked != self._context.settings
        self._apply.setEnabled(is_changed and self._checked is not None)
        self._revert.setEnabled(is_changed)

    def _say(self, text: str, level: str) -> None:
        self._words.setText(text)
        set_property(self._words, "level", level)

    # ------------------------------------------------------------------ trying the model
    def _follow_trial(self, before: Settings | None) -> None:
        """Forget a trial of a model that is not the one in the form any more."""
        now = self._checked
        self._test.set_possible(possible=now is not None)
        if before is not None and (now is None or _differ(before.detection, now.detection)):
            self._applies_when_passed = False
            self._test.reset()

    @Slot()
    def _try(self) -> None:
        if self._checked is not None:
            self._passed = None
            self._test.start(self._checked.detection)

    @Slot(str)
    def _on_family(self, name: str) -> None:
        """Write down the family that the user picked, and show what the model finds as one."""
        for field in self._fields:
            if field.place == ("detection", "family"):
                field.show(name)
        self._try()

    @Slot()
    def _on_passed(self) -> None:
        self._passed = self._checked.detection if self._checked is not None else None
        if self._applies_when_passed:
            self._applies_when_passed = False
            self.apply()

    @Slot()
    def _on_failed(self) -> None:
        if self._applies_when_passed:
            self._applies_when_passed = False
            self._show_buttons()
            self._say(
                self.tr("Not applied: the model cannot be used as it is. What runs goes on."),
                "danger",
            )

    @Slot()
    def apply(self) -> None:
        """Save and use what is typed, if it can be used; another model is tried first."""
        settings = self._checked
        if settings is None or settings == self._context.settings or self._applies_when_passed:
            return
        self._apply.setEnabled(False)
        in_use = self._context.settings.detection
        if _differ(in_use, settings.detection) and settings.detection != self._passed:
            self._applies_when_passed = True
            self._say(self.tr("Trying the model first; the one in use goes on…"), "info")
            self._passed = None
            self._test.start(settings.detection)
            return
        settings_keeper.keep(self._context, self, settings, self._on_applied, self._on_not_kept)

    def _on_applied(self) -> None:
        self._check()
        self._say(self.tr("Applied."), "ok")

    def _on_not_kept(self, text: str) -> None:
        self._show_buttons()
        self._apply.setFocus(Qt.FocusReason.OtherFocusReason)
        self._say(text, "danger")


def _differ(one: DetectionSettings, other: DetectionSettings) -> bool:
    """Whether another model would run, or in another way."""
    return any(getattr(one, name) != getattr(other, name) for name in TRIED)


def _at(settings: Settings, place: tuple[str, ...]) -> Any:
    value: Any = settings
    for name in place:
        value = getattr(value, name)
    return value
