"""One open pipeline in this process: broker, Kafka access, lag monitor, telemetry, supervisors.

The window, the headless runner and the self-test all stand on this; none of them knows the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from pipeline.kafka import KafkaAccess
from pipeline.kafka.embedded import EmbeddedBroker
from pipeline.kafka.lag import LagMonitor
from pipeline.power import PowerState
from pipeline.registry import make_worker
from pipeline.settings import Settings
from pipeline.states import WorkerName
from pipeline.supervisor import StateChange, WorkerSupervisor
from pipeline.telemetry import TelemetryHub


class PipelineSession:
    """Owns what the workers share; a context manager.

    Attributes:
        settings: what it was opened with.
        hub: telemetry of all workers of this process.
        kafka: makes the clients.
        lag: follows the lag of the pipeline's consumer groups.
        power: tells the workers when the machine sleeps and wakes.
    """

    def __init__(self, settings: Settings, hub: TelemetryHub | None = None) -> None:
        """Start the embedded broker if the settings ask for it; connect to nothing yet.

        Raises:
            KafkaSettingsError: the broker's settings cannot be used.
        """
        self.settings = settings
        self.hub = hub or TelemetryHub()
        self._broker = EmbeddedBroker(settings.kafka) if settings.kafka.mode == "embedded" else None
        self.kafka = KafkaAccess(settings.kafka, self._broker)
        self.lag = LagMonitor(self.kafka)
        self.lag.start()
        self.power = PowerState()

    def supervisor(
        self, name: WorkerName, on_change: Callable[[StateChange], None]
    ) -> WorkerSupervisor:
        """Return a supervisor for one start of the worker `name`."""
        return WorkerSupervisor(
            name, make_worker, self.settings, self.kafka, self.hub, on_change, power=self.power
        )

    def group_of(self, name: WorkerName) -> str | None:
        """Return the consumer group that a worker reads with; None for the source."""
        groups = self.settings.kafka.groups
        return {
            WorkerName.GENERATOR: groups.generator,
            WorkerName.SCHEDULER: groups.scheduler,
            WorkerName.AGGREGATOR: groups.aggregator,
        }.get(name)

    def close(self) -> None:
        """Stop watching and end the embedded broker. All workers must have stopped before."""
        self.lag.stop()
        if self._broker is not None:
            self._broker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
