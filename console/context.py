"""What every page and larger widget is given to work with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.log_ring import LogRing
from pipeline.settings import Settings
from pipeline.telemetry import TelemetryHub

if TYPE_CHECKING:
    from console.controller import PipelineController
    from console.figures import Figures
    from console.theme.theme import ThemeManager
    from console.ticker import Ticker
    from pipeline.kafka.lag import LagSnapshot
    from pipeline.session import PipelineSession


@dataclass(frozen=True, slots=True)
class ConsoleContext:
    """The window's access to the pipeline and to its own services.

    Attributes:
        hub: figures, pictures and alarm hints of the workers; there from the start.
        theme: the colours and icons in use.
        controller: starts and stops workers, opens and closes the session.
        ticker: when to look.
        log_ring: the newest log lines.
        figures: counters, rates and lag, sampled once for all widgets.
        settings_path: where changed settings are kept; None when they hold for this run only.
        is_demo: whether it runs as the demo.
    """

    hub: TelemetryHub
    theme: ThemeManager
    controller: PipelineController
    ticker: Ticker
    log_ring: LogRing
    figures: Figures
    settings_path: Path | None = None
    is_demo: bool = False

    @property
    def settings(self) -> Settings:
        """The settings in use; replaced as a whole by `PipelineController.apply_settings`."""
        return self.controller.settings

    @property
    def session(self) -> PipelineSession | None:
        """The open pipeline; None until it is open and after it was closed."""
        return self.controller.session

    def lag(self) -> LagSnapshot | None:
        """Return the newest lag reading; None while there is none."""
        session = self.session
        return session.lag.snapshot() if session is not None else None
