"""Has garbage collected in the window's thread only.

Python looks for unreachable cycles in whichever thread happens to allocate. A Qt object in one of
them would be destroyed there, beside the thread that it lives in: measured, a third of such icons,
timers and models ended in a thread of the pool, and once the whole process with them.
"""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MS: Final = 200
FREEZE_AFTER_MS: Final = 10_000
"""By then everything is imported, with or without workers."""


def collect_what_is_due() -> None:
    """Collect the oldest generation whose threshold is passed, as Python itself would do it."""
    for generation in (2, 1, 0):
        if gc.get_count()[generation] > gc.get_threshold()[generation]:
            gc.collect(generation)
            return


class GarbageCollector(QObject):
    """Collects now and then in the thread that it lives in; from its start no other thread does."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._on_timeout)

    def start(self) -> None:
        """Take collecting over from Python."""
        gc.disable()
        self._timer.start()
        # What the libraries made at their import stays for good; without it a full collection takes
        # 2 ms instead of 45.
        QTimer.singleShot(FREEZE_AFTER_MS, self, gc.freeze)

    def stop(self) -> None:
        """Give collecting back."""
        self._timer.stop()
        gc.enable()

    @Slot()
    def _on_timeout(self) -> None:
        collect_what_is_due()
