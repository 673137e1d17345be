"""What a worker is: a name and one blocking `run(context)`; what it is given to work with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pipeline.power import PowerState
from pipeline.states import WorkerName
from pipeline.texts import NOTHING, Text, one_after_another

if TYPE_CHECKING:
    from pipeline.kafka import KafkaAccess
    from pipeline.settings import Settings
    from pipeline.telemetry import TelemetryHub, WorkerTelemetry


class WorkerError(RuntimeError):
    """A worker cannot go on.

    Attributes:
        text: what happened.
        next_step: what the user can do about it, one sentence; may be empty.
        retriable: False where starting again cannot help (a bad setting): the worker goes straight
            to Failed.
    """

    def __init__(self, message: Text, *, next_step: Text = NOTHING, retriable: bool = True) -> None:
        super().__init__(message)
        self.text = message
        self.next_step = next_step
        self.retriable = retriable

    @property
    def explained(self) -> Text:
        """What happened, and what can be done about it."""
        return one_after_another([self.text, self.next_step])


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """All that a worker may touch besides its own objects.

    Attributes:
        settings: the settings at the time of the start; immutable.
        kafka: makes checked producers and consumers; the only way work passes between workers.
        stop: set when the worker must finish or hand back its work and return (within 10 s).
        telemetry: this worker's counters, gauges and condition, shown by the window.
        hub: where frames and verdicts for the window go; everything there may be dropped.
        ready: call once, when the worker has all it needs: Starting becomes Running.
        power: whether the machine is about to sleep, or has slept.
    """

    settings: Settings
    kafka: KafkaAccess
    stop: threading.Event
    telemetry: WorkerTelemetry
    hub: TelemetryHub
    ready: Callable[[], None]
    power: PowerState = field(default_factory=PowerState)


class Worker(Protocol):
    """One stage of the pipeline. Made anew for every start; holds no thread before `run`."""

    @property
    def name(self) -> WorkerName: ...

    def run(self, context: WorkerContext) -> None:
        """Work until `context.stop` is set, then return with everything finished or handed back.

        Raises:
            WorkerError: the worker cannot go on; the supervisor decides about a restart.
        """
        ...
