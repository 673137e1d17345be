"""Puts changed settings to use: written to the file first, then told to the pipeline."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from loguru import logger
from PySide6.QtCore import QCoreApplication, QObject
from shiboken6 import isValid

from console import joining
from console.background import in_background
from console.context import ConsoleContext
from console.supervision.settings_change import consequences
from console.supervision.wording import worker_title
from console.window_texts import cause
from pipeline.paths import shown
from pipeline.settings import Settings
from pipeline.states import WorkerName

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class _Change:
    """Settings that are to hold once they are saved, and who waits to hear of it."""

    context: ConsoleContext
    owner: QObject
    settings: Settings
    path: Path
    on_done: Callable[[], None]
    on_failed: Callable[[str], None]


class _Queue(QObject):
    """Saves one version of the settings after another, so that the newest one is in the file."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: deque[_Change] = deque()

    @classmethod
    def of(cls, context: ConsoleContext) -> _Queue:
        """Return the window's one queue, made when it is first asked for."""
        found = context.controller.findChild(cls)
        return found if found is not None else cls(context.controller)

    @property
    def newest(self) -> Settings | None:
        """What will hold when all is saved; None when nothing waits."""
        return self._waiting[-1].settings if self._waiting else None

    def add(self, change: _Change) -> None:
        """Save it after those that came before."""
        self._waiting.append(change)
        if len(self._waiting) == 1:
            self._save_first()

    def _save_first(self) -> None:
        change = self._waiting[0]

        def write() -> None:
            from pipeline import settings_file

            settings_file.save(change.settings, change.path)

        in_background(self, write, lambda _: self._on_saved(), self._on_failed)

    def _on_saved(self) -> None:
        change = self._waiting.popleft()
        if self._waiting:
            self._save_first()
        change.context.controller.apply_settings(change.settings)
        if isValid(change.owner):
            change.on_done()

    def _on_failed(self, error: Exception) -> None:
        """Refuse all that wait: each was made from the one before, which does not hold."""
        refused = list(self._waiting)
        self._waiting.clear()
        for change in refused:
            logger.error("the settings cannot be saved to {}: {}", shown(change.path), error)
            if isValid(change.owner):
                change.on_failed(
                    translate(
                        "Settings",
                        "The settings cannot be saved to {0}: {1}. Nothing was changed; see that "
                        "the folder may be written.",
                    ).format(shown(change.path), cause(error))
                )


def newest(context: ConsoleContext) -> Settings:
    """Return the settings to change from: those being saved now, else those in use.

    A second change that comes while the first is being saved would otherwise undo it.
    """
    return _Queue.of(context).newest or context.settings


def keep(
    context: ConsoleContext,
    owner: QObject,
    settings: Settings,
    on_done: Callable[[], None],
    on_failed: Callable[[str], None],
) -> None:
    """Save `settings` where they are kept, then apply them; nothing is applied that is not kept.

    Changes are saved and applied in the order in which they were asked for.

    Args:
        context: of the window.
        owner: while it lives, one of the callbacks is called.
        settings: all of them, changed from `newest`.
        on_done: they hold.
        on_failed: they do not; carries why, for people.
    """
    path = context.settings_path
    if path is None:
        context.controller.apply_settings(settings)
        on_done()
        return
    _Queue.of(context).add(_Change(context, owner, settings, path, on_done, on_failed))


def consequence_words(old: Settings, new: Settings, running: Iterable[WorkerName]) -> str:
    """Return what the step from `old` to `new` does to workers that are `running`."""
    at_work = set(running)
    what = consequences(old, new)
    if what.reopen and at_work:
        return translate(
            "Settings", "The broker connection changes: all workers stop and start again."
        )
    concerned = [worker_title(name) for name in WorkerName if name in what.restart & at_work]
    if not concerned:
        return translate("Settings", "No worker has to restart.")
    text = translate("Settings", "Restarts: {0}.").format(joining.enumerated(concerned))
    if WorkerName.SCHEDULER not in what.restart & at_work:
        return text
    # It leaves its group and joins it again: whoever raised a ceiling sees nothing until then.
    wait = translate(
        "Settings", "Assessment goes on after some seconds; what waits stays in Kafka."
    )
    return joining.one_after_another((text, wait))


def where_kept(context: ConsoleContext) -> str:
    """Return where changes go, for people."""
    path = context.settings_path
    if path is None and context.is_demo:
        return translate("Settings", "This is the demo: changes hold for this run only.")
    if path is None:
        return translate("Settings", "Changes hold for this run only.")
    return translate("Settings", "Kept in {0}.").format(shown(path))
