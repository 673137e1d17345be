"""What a demo run measured, as text and as JSON. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from console.ui_gap import GapSummary


@dataclass(frozen=True, slots=True)
class DemoReport:
    """Figures of one run.

    Attributes:
        startup_s: from the first paint until every worker is at work and every camera shows a
            picture; None when it never came to that.
        steady_s: how long was measured after that.
        shown_fps: pictures a second that each camera showed in the window.
        detected_fps: frames a second that went through the model, all cameras together.
        gap_startup, gap_steady: gaps of the window in ms, before and after.
        cpu_percent: share of the whole machine while steady.
        cores: logical cores of the machine.
        memory_bytes: resident memory at the end; `memory_peak_bytes` is the highest seen.
        alarms, dead_letters: counted since the start.
        failures: what was not as it should be; empty for a good run.
    """

    startup_s: float | None
    steady_s: float
    shown_fps: dict[str, float]
    detected_fps: float
    gap_startup: GapSummary
    gap_steady: GapSummary
    cpu_percent: float
    cores: int
    memory_bytes: int
    memory_peak_bytes: int
    alarms: int
    dead_letters: int
    failures: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether all was as it should be."""
        return not self.failures

    def to_text(self) -> str:
        """Return it for people."""
        ready = "never" if self.startup_s is None else f"{self.startup_s:.1f} s"
        shown = ", ".join(f"{name} {fps:.1f}" for name, fps in self.shown_fps.items()) or "none"
        memory, peak = self.memory_bytes / 1e6, self.memory_peak_bytes / 1e6
        lines = [
            f"ready after        {ready}",
            f"measured for       {self.steady_s:.1f} s",
            f"shown fps          {shown}",
            f"detected frames/s  {self.detected_fps:.1f}",
            f"UI gap, steady     {_gap(self.gap_steady)}",
            f"UI gap, start-up   {_gap(self.gap_startup)}",
            f"CPU                {self.cpu_percent:.0f} % of {self.cores} cores",
            f"memory             {memory:.0f} MB, at most {peak:.0f} MB",
            f"alarms             {self.alarms}",
            f"dead letters       {self.dead_letters}",
            *(f"FAILED: {failure}" for failure in self.failures),
        ]
        return "\n".join(lines)

    def to_json(self, indent: int | None = 2) -> str:
        """Return it for programs; names in camelCase."""
        table = {_camel(key): value for key, value in asdict(self).items()}
        table["passed"] = self.passed
        for key in ("gapStartup", "gapSteady"):
            table[key] = {_camel(name): value for name, value in table[key].items()}
        return json.dumps(_rounded(table), indent=indent, ensure_ascii=False)


def _gap(gap: GapSummary) -> str:
    return f"p50 {gap.p50:.1f} ms, p99 {gap.p99:.1f} ms, max {gap.maximum:.1f} ms"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return value
