"""The Kafka settings that are being edited: one draft for all who show it, examined as it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from loguru import logger
from pydantic import ValidationError
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from console import settings_keeper
from console.background import in_background
from console.context import ConsoleContext
from console.kafka_draft import (
    KafkaDraft,
    draft_of,
    entries_left,
    kafka_of,
    with_typed_secrets,
)
from console.problem_words import problems_by_place
from console.window_texts import said, shown
from pipeline import secrets
from pipeline.kafka.access import KafkaAccess
from pipeline.kafka.doctor import Severity, sectioned
from pipeline.kafka.doctor.desk import Placed, examine_text, mend, mend_all
from pipeline.kafka.doctor.signalbox import PLAIN_SECRET
from pipeline.secrets import SecretError
from pipeline.settings import KafkaSettings, Settings
from pipeline.texts import words_of

EXAMINE_AFTER_MS: Final = 120
"""Rest after a key before the doctor looks: typing is not interrupted, and nobody waits."""


class KafkaDesk(QObject):
    """Holds the draft; examines, mends, applies it.

    Attributes:
        draft: what was typed.
        findings: what the doctor said last, and of which draft (`is_examined`).
        problems: what no settings could hold, by field.
        changed: the draft is another one.
        examined: `findings` are new.
        told: something to say for a moment: text, and the level of the news.
    """

    changed = Signal()
    examined = Signal()
    told = Signal(str, str)

    def __init__(self, context: ConsoleContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._in_use = context.settings.kafka
        self.draft = draft_of(self._in_use)
        self.findings: tuple[Placed, ...] = ()
        self.problems: dict[str, str] = {}
        self._kafka: KafkaSettings | None = self._in_use
        self._examined: KafkaDraft | None = None
        self._is_examining = False
        self._apply_when_examined = False
        self.is_applying = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(EXAMINE_AFTER_MS)
        self._rest.timeout.connect(self._examine)
        context.controller.settings_changed.connect(self._on_settings)
        self._rest.start()

    # ------------------------------------------------------------------ what is
    @property
    def leaves_cluster(self) -> bool:
        """Whether the embedded broker would take the place of the cluster in use."""
        return self.draft.is_embedded and self._in_use.mode == "cluster"

    @property
    def is_changed(self) -> bool:
        """Whether the draft is other than what is in use."""
        return self._kafka != self._in_use or bool(self.draft.secrets_in_use())

    @property
    def is_examined(self) -> bool:
        """Whether `findings` are about the draft of now."""
        return self._examined == self.draft

    @property
    def errors(self) -> int:
        """How many findings keep workers from starting."""
        return sum(one.finding.severity_level is Severity.ERROR for one in self.findings)

    @property
    def can_apply(self) -> bool:
        """Whether applying would do something, as far as is known."""
        is_clear = self._kafka is not None and not (self.is_examined and self.errors)
        return is_clear and self.is_changed and not self.is_applying

    def settings(self) -> Settings | None:
        """Return all settings with the draft in them; None while it cannot hold."""
        if self._kafka is None:
            return None
        newest = settings_keeper.newest(self._context)
        return newest.model_copy(update={"kafka": self._kafka})

    def access_to_test(self) -> KafkaAccess | None:
        """Return the way to the cluster as typed, secrets included; None while it cannot hold."""
        if self._kafka is None:
            return None
        return KafkaAccess(with_typed_secrets(self._kafka, self.draft), None)

    # ------------------------------------------------------------------ changing
    def set_draft(self, draft: KafkaDraft) -> None:
        """Take another draft; it is examined soon."""
        if draft == self.draft:
            return
        self.draft = draft
        self._read()
        self._apply_when_examined = False
        self.changed.emit()
        self._rest.start()

    def set_common(self, values: Mapping[str, str | None]) -> None:
        """Set properties of every client, or take them out (None)."""
        self.set_draft(self.draft.with_common(values))

    def set_secret(self, name: str, secret: str) -> None:
        """Keep a secret of every client for the credential store; take it out if it is empty."""
        if secret:
            self.set_draft(self.draft.with_secret("common", name, secret))
        else:
            self.set_common({name: None})

    @Slot()
    def hide_secrets(self) -> None:
        """Put references in place of secrets that were typed into the text."""
        draft = self.draft.without_plain_secrets(self._in_use)
        if draft != self.draft:
            self.set_draft(draft)
            self.told.emit(
                self.tr("The secret goes to the system's credential store when you apply."), "info"
            )

    @Slot()
    def revert(self) -> None:
        """Go back to what is in use; secrets that were typed are forgotten."""
        self.set_draft(draft_of(self._in_use))

    def mend(self, placed: Placed) -> None:
        """Apply the fix of one finding."""
        line = self._line(placed)
        if placed.finding.rule == PLAIN_SECRET and line is not None:
            self.set_draft(self.draft.with_secret(line.section, line.name, line.value))
        elif self.is_examined:
            self.set_draft(replace(self.draft, text=mend(self.draft.text, placed)))

    @Slot()
    def mend_all(self) -> None:
        """Apply the fixes of all errors and warnings."""
        draft = self.draft

        def done(text: str) -> None:
            if self.draft == draft:
                self.set_draft(replace(draft, text=text))

        in_background(
            self,
            lambda: mend_all(draft.text, embedded=draft.is_embedded, servers=draft.servers),
            done,
            self._on_doctor_failed,
        )

    def can_mend(self, placed: Placed) -> bool:
        """Return whether `mend` can do something about a finding."""
        return placed.can_be_mended or placed.finding.rule == PLAIN_SECRET

    def _line(self, placed: Placed) -> sectioned.Line | None:
        lines = sectioned.read(self.draft.text).lines
        return next((line for line in lines if line.number == placed.line), None)

    def _read(self) -> None:
        self.problems = {}
        try:
            self._kafka = kafka_of(self.draft, self._in_use)
        except ValidationError as error:
            self._kafka = None
            for place, text in problems_by_place(error).items():
                self.problems[place[0] if place else ""] = text

    # ------------------------------------------------------------------ the doctor
    @Slot()
    def _examine(self) -> None:
        if self._is_examining:
            return  # the answer under way starts the next one
        self._is_examining = True
        draft = self.draft

        def work() -> tuple[Placed, ...]:
            return examine_text(draft.text, embedded=draft.is_embedded, servers=draft.servers)

        def done(findings: tuple[Placed, ...]) -> None:
            self._is_examining = False
            self._examined = draft
            if draft != self.draft:
                self._rest.start()
                return
            self.findings = findings
            self.examined.emit()
            if self._apply_when_examined:
                self._apply_when_examined = False
                self.apply()

        in_background(self, work, done, self._on_doctor_failed)

    def _on_doctor_failed(self, error: Exception) -> None:
        self._is_examining = False
        logger.opt(exception=error).error("the settings doctor failed: {}", error)
        self.told.emit(self.tr("The settings doctor failed: {0}").format(said(error)), "danger")

    # ------------------------------------------------------------------ applying
    @Slot()
    def apply(self) -> None:
        """Store the secrets, save the settings and use them, once the doctor has nothing against."""
        if not self.is_examined:
            self._apply_when_examined = self.can_apply
            return
        if not self.can_apply:
            return
        self.is_applying = True
        self.set_draft(self.draft.without_plain_secrets(self._in_use))
        self.is_applying = True
        self.changed.emit()
        to_store = self.draft.secrets_in_use()

        def store() -> None:
            for name, secret in to_store.items():
                secrets.store(name, secret)

        in_background(self, store, lambda _: self._save(), self._on_not_stored, own_thread=True)

    def _save(self) -> None:
        settings = self.settings()
        assert settings is not None  # as it was when applying began: nothing is typed meanwhile
        settings_keeper.keep(self._context, self, settings, self._on_applied, self._on_not_kept)

    def _on_applied(self) -> None:
        self.is_applying = False
        self.changed.emit()
        self.told.emit(self.tr("Applied."), "ok")

    def _on_not_kept(self, text: str) -> None:
        self.is_applying = False
        self.changed.emit()
        self.told.emit(text, "danger")

    def _on_not_stored(self, error: Exception) -> None:
        step = error.next_step if isinstance(error, SecretError) else ""
        text = self.tr("The password cannot be kept: {0}. {1} Nothing was changed.")
        logger.error("a secret of the Kafka settings cannot be kept: {}", error)
        self._on_not_kept(text.format(shown(words_of(error)), shown(step)))

    @Slot(object)
    def _on_settings(self, settings: Settings) -> None:
        """Follow what holds now, but keep what is being typed here."""
        before, after = draft_of(self._in_use), draft_of(settings.kafka)
        left = entries_left(self._in_use, settings.kafka)
        same = {
            name: getattr(after, name)
            for name in ("mode", "servers", "partitions", "text")
            if getattr(self.draft, name) == getattr(before, name)
        }
        self._in_use = settings.kafka
        draft = replace(self.draft, **same)
        if self.is_applying or draft == after:
            draft = replace(draft, secrets=after.secrets)
        self.draft = draft
        self._read()
        self._forget(left)
        self.changed.emit()
        self._rest.start()

    def _forget(self, entries: frozenset[str]) -> None:
        """Take out of the credential store what nothing refers to any more."""

        def work() -> None:
            for name in entries:
                secrets.delete(name)

        def failed(error: Exception) -> None:
            logger.info("an unused secret stays in the credential store: {}", error)

        if entries:
            in_background(self, work, lambda _: None, failed, own_thread=True)
