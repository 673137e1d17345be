"""That the broker is away, in the language of the window: what, why, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication

from console import joining
from console.supervision.session_thread import SessionState
from console.window_texts import sentence, shown

if TYPE_CHECKING:
    from console.context import ConsoleContext

translate = QCoreApplication.translate

NO_CONNECTION: Final = "no connection to a broker"
"""What the reader of lag says where nobody answers: no more than is said already."""


@dataclass(frozen=True, slots=True)
class BrokerTrouble:
    """Why nothing goes through Kafka.

    Attributes:
        what: the broker by its address, and that it is away; a sentence.
        cause: why; a sentence, or empty.
        next_step: what to do; a sentence.
    """

    what: str
    cause: str
    next_step: str

    @property
    def text(self) -> str:
        """All of it."""
        return _one_after_another(self.what, self.cause, self.next_step)

    @property
    def short(self) -> str:
        """What is wrong, and what to do; why only where nothing can be done."""
        return _one_after_another(self.what, self.next_step or self.cause)


def _one_after_another(*sentences: str) -> str:
    return joining.one_after_another(sentences).replace("。 ", "。")  # no space follows it


def broker_trouble(context: ConsoleContext) -> BrokerTrouble | None:
    """Return what keeps the broker from answering at this moment; None where it answers."""
    controller = context.controller
    if controller.session_state is SessionState.FAILED:
        what = translate("Broker", "The broker could not be opened.")
        return BrokerTrouble(what, shown(controller.session_error), "")
    lag = context.figures.lag
    if controller.session_state is not SessionState.OPEN or lag is None or not lag.error:
        return None
    cause = sentence(lag.error) if str(lag.error) != NO_CONNECTION else ""
    if context.settings.kafka.mode == "embedded":
        return BrokerTrouble(
            translate("Broker", "The embedded broker does not answer."),
            cause,
            translate("Broker", "If this lasts, end Signalbox and start it again."),
        )
    session = context.session
    servers = (
        session.kafka.bootstrap_servers
        if session is not None
        else context.settings.kafka.bootstrap_servers
    )
    return BrokerTrouble(
        translate("Broker", "The broker at {0} does not answer.").format(servers),
        cause,
        joining.unbroken(
            translate(
                "Broker",
                "See whether it runs and its address is right; “Test connection…” on the Kafka "
                "page tells which step fails.",
            )
        ),
    )
