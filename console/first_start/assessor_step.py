"""The third question: who judges what was seen."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFormLayout, QLineEdit
from PySide6.QtWidgets import QWidget as Widget

from console.context import ConsoleContext
from console.first_start.endpoint_test import EndpointTest
from console.first_start.step import Step
from console.problem_words import placed_words, problems_by_place
from console.theme.tokens import Space
from pipeline.secrets import is_reference, keyring_reference
from pipeline.settings import Settings
from pipeline.settings_scheduler import KeySettings, LlmSettings, SchedulerSettings

RULES, ENDPOINT = range(2)
KEY_ID = "key-1"


class AssessorStep(Step):
    """The rules that ship with Signalbox, or a model behind an OpenAI-compatible address."""

    def __init__(self, context: ConsoleContext) -> None:
        super().__init__(
            self.tr("Who judges what was seen?"), self.tr("The verdicts become alarms.")
        )
        self._context = context
        self.add_choice(
            self.tr("Offline rules"),
            self.tr("Distance, speed and crowding; nothing leaves this machine."),
        )
        self.add_choice(
            self.tr("A language model that sees pictures"),
            self.tr(
                "Any OpenAI-compatible address, also on this machine. Pictures of groups are sent "
                "there; more keys and limits are in Settings."
            ),
            self._make_endpoint(),
        )
        self.end()

    def _make_endpoint(self) -> Widget:
        body = Widget()
        form = QFormLayout(body)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(Space.S)
        self._address, self._model, self._key = QLineEdit(), QLineEdit(), QLineEdit()
        self._address.setPlaceholderText("https://api.openai.com/v1")
        self._key.setEchoMode(QLineEdit.EchoMode.Password)
        self._key.setToolTip(
            self.tr("Kept in this system's credential store, never in a file; empty for none")
        )
        for name, field in (
            (self.tr("Address"), self._address),
            (self.tr("Model"), self._model),
            (self.tr("API key"), self._key),
        ):
            field.setAccessibleName(name)
            field.textChanged.connect(self._on_typed)
            form.addRow(name, field)
        self._test = EndpointTest()
        self._test.asked.connect(self._on_test)
        form.addRow(self._test)
        return body

    @Slot()
    def _on_test(self) -> None:
        problem = self.problem()
        self.show_problem(problem)
        if not problem:
            self._test.start(self.endpoint(), self._key.text().strip())

    @Slot()
    def _on_typed(self) -> None:
        self.show_problem("")
        self._test.reset()
        self.changed.emit()

    def endpoint(self) -> LlmSettings:
        """Return the model as typed.

        Raises:
            ValidationError: it cannot be used so.
        """
        key = self._key.text().strip()
        secret = key if is_reference(key) else keyring_reference(KEY_ID)
        keys = (KeySettings(id=KEY_ID, secret=secret),) if key else ()
        before = self._context.settings.scheduler.llm.model_dump()
        typed = {"base_url": self._address.text().strip(), "model": self._model.text().strip()}
        return LlmSettings.model_validate({**before, **typed, "keys": keys})

    def problem(self) -> str:
        if self.chosen != ENDPOINT:
            return ""
        if not self._address.text().strip() or not self._model.text().strip():
            return self.tr("Type address and model first.")
        try:
            self.endpoint()
        except ValidationError as error:
            found = {
                ("scheduler", "llm", *place): text
                for place, text in problems_by_place(error).items()
            }
            return placed_words(found)
        return ""

    def leave(self) -> None:
        self._test.reset()

    def before_kept(self) -> Callable[[], None] | None:
        key = self._key.text().strip()
        if self.chosen != ENDPOINT or not key or is_reference(key):
            return None

        def store() -> None:
            from pipeline import secrets

            secrets.store(KEY_ID, key)

        return store

    def applied(self, settings: Settings) -> Settings:
        if self.chosen != ENDPOINT:
            scheduler = settings.scheduler.model_copy(update={"assessor": "rules"})
        else:
            before = settings.scheduler.model_dump()
            wanted = {**before, "assessor": "llm", "llm": self.endpoint()}
            scheduler = SchedulerSettings.model_validate(wanted)
        return settings.model_copy(update={"scheduler": scheduler})
