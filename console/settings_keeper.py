"""Puts changed settings to use: written to the file first, then told to the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from loguru import logger
from PySide6.QtCore import QCoreApplication, QObject

from console.background import in_background
from console.context import ConsoleContext
from console.supervision.settings_change import consequences
from console.supervision.wording import worker_title
from pipeline.paths import shown
from pipeline.settings import Settings
from pipeline.states import WorkerName

translate = QCoreApplication.translate


def keep(
    context: ConsoleContext,
    owner: QObject,
    settings: Settings,
    on_done: Callable[[], None],
    on_failed: Callable[[str], None],
) -> None:
    """Save `settings` where they are kept, then apply them; nothing is applied that is not kept.

    Args:
        context: of the window.
        owner: while it lives, one of the callbacks is called.
        settings: all of them.
        on_done: they hold.
        on_failed: they do not; carries why, for people.
    """
    path = context.settings_path

    def apply(_: None = None) -> None:
        context.controller.apply_settings(settings)
        on_done()

    if path is None:
        apply()
        return

    def write() -> None:
        from pipeline import settings_file

        settings_file.save(settings, path)

    def refuse(error: Exception) -> None:
        logger.error("the settings cannot be saved to {}: {}", shown(path), error)
        on_failed(
            translate(
                "Settings",
                "The settings cannot be saved to {0}: {1}. Nothing was changed; see that the "
                "folder may be written.",
            ).format(shown(path), error)
        )

    in_background(owner, write, apply, refuse)


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
    return translate("Settings", "Restarts: {0}.").format(", ".join(concerned))


def where_kept(context: ConsoleContext) -> str:
    """Return where changes go, for people."""
    path = context.settings_path
    if path is None:
        return translate("Settings", "This is the demo: changes hold for this run only.")
    return translate("Settings", "Kept in {0}.").format(shown(path))
