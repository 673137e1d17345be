"""The third question: who judges what was seen."""

from __future__ import annotations

from console.context import ConsoleContext
from console.first_start.step import Step

RULES = 0


class AssessorStep(Step):
    """The rules that ship with Signalbox."""

    def __init__(self, context: ConsoleContext) -> None:
        super().__init__(
            self.tr("Who judges what was seen?"),
            self.tr("The verdicts become alarms."),
        )
        self._context = context
        self.add_choice(
            self.tr("Offline rules"),
            self.tr("Distance, speed and crowding; nothing leaves this machine."),
        )
        self.end()
