"""Tells at the start that the settings could not be used, and offers the version before them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger
from PySide6.QtCore import QCoreApplication, QObject, Slot

from console import regional, settings_keeper
from console.context import ConsoleContext
from console.widgets.notice_bar import NoticeBar
from console.window_texts import sentence
from console.window_texts import shown as said
from pipeline.paths import shown
from pipeline.settings import Settings

if TYPE_CHECKING:
    from console.main_window import MainWindow
    from pipeline.settings_file import LastGood

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class BrokenSettings:
    """Settings that could not be used, so that the defaults hold.

    Attributes:
        kept_as: where the broken file is now; None when there is none any more, which is so at the
            start after the one that set it aside, if nobody chose.
        problems: what is wrong with it.
        last_good: the version before; None where there is none that can be used.
    """

    kept_as: Path | None
    problems: tuple[str, ...]
    last_good: LastGood | None = None


class SettingsOffer(QObject):
    """A notice that stays until somebody chooses, or dismisses it."""

    def __init__(self, context: ConsoleContext, window: MainWindow, broken: BrokenSettings) -> None:
        super().__init__(window)
        self._context = context
        self._window = window
        self._broken = broken
        self._last_good = broken.last_good
        self._log()
        self._notice = self._tell()

    def _log(self) -> None:
        offered = ""
        if self._last_good is not None:
            where = shown(self._last_good.kept_in)
            offered = f"; those of {self._last_good.saved:%Y-%m-%d %H:%M} in {where} can be used, the window offers them"
        if self._broken.kept_as is None:
            logger.warning("there is no settings file any more{}", offered)
        else:
            logger.warning(
                "the settings could not be used: {}{}", "; ".join(self._broken.problems), offered
            )

    def _words(self) -> str:
        if self._broken.kept_as is None:
            return self.tr("There is no settings file any more, so the defaults hold.")
        return self.tr(
            "The settings could not be used, so the defaults hold. The file is kept as {0}. {1}"
        ).format(shown(self._broken.kept_as), sentence(self._broken.problems[0]))

    def _tell(self) -> NoticeBar:
        details = "\n".join(map(said, self._broken.problems))
        notice = self._window.add_notice("warning", self._words, details)
        last_good = self._last_good
        if last_good is not None:
            notice.add_action(
                lambda: self.tr("Use the last good settings of {0}").format(
                    regional.day_and_minutes(last_good.saved)
                ),
                self._on_use,
            )
            notice.add_action(lambda: self.tr("Keep defaults"), self._on_keep_defaults)
        return notice

    @Slot()
    def _on_use(self) -> None:
        assert self._last_good is not None
        logger.info("the settings of {} are taken up again", self._last_good.saved)
        saved = regional.day_and_minutes(self._last_good.saved)
        self._keep(
            self._last_good.settings,
            lambda: translate("SettingsOffer", "The settings of {0} are in use again.").format(
                saved
            ),
        )

    @Slot()
    def _on_keep_defaults(self) -> None:
        """Write what holds, so that it is not asked again."""
        logger.info("the defaults are kept in place of settings that could not be used")
        self._keep(
            settings_keeper.newest(self._context),
            lambda: translate("SettingsOffer", "The defaults are kept."),
        )

    def _keep(self, settings: Settings, text: Callable[[], str]) -> None:
        """Keep and use `settings`; `text`, told then, outlives this offer."""

        def done() -> None:
            self._notice.deleteLater()
            self._window.add_notice("ok", text)
            self.deleteLater()

        def failed(problem: str) -> None:
            self._window.add_notice("danger", problem)

        settings_keeper.keep(self._context, self, settings, done, failed)
