"""Paints every page of the real program in a state, in both themes and languages, for looking at.

    python -m tests.support.gallery OUTPUT STATE SCALE

STATE is one of `STATES`; SCALE is 1, 1.5 or 2. The pictures go to OUTPUT/STATE-SCALE/.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QEvent, QSize
from PySide6.QtGui import QFont, QFontInfo, QPixmap, QTextLayout
from PySide6.QtWidgets import QApplication, QWidget

from pipeline.states import WorkerName, WorkerState
from pipeline.worker import Worker, WorkerContext
from tests.support.gallery_scenes import Scenes
from tests.support.llm_server import llm_server
from tests.support.small_disk import fill, mount_small, unmount

if TYPE_CHECKING:
    from pipeline.settings import Settings

STATES: Final = (
    "empty",
    "full",
    "language-model",
    "dark-cameras",
    "no-broker",
    "full-disk",
    "failed-worker",
    "stuck-worker",
)
LANGUAGES: Final = ("en", "zh_CN")
SIZES: Final = (QSize(1280, 720), QSize(1440, 900), QSize(1920, 1080), QSize(2560, 1440))
USUAL: Final = SIZES[1]
SCREEN: Final = SIZES[2]
SETTLE_S: Final = 0.4
"""After a page is shown: its queries are answered, its pictures loaded."""

READY_S: Final = 60.0
ALARMS: Final = 3
NOT_PAINTED: Final = "NOT PAINTED"
SMALL_DISK: Final = "disk"
DISK_BYTES: Final = 8_000_000
KEYS: Final = {"city-a": "sk-city-a", "city-b": "sk-city-b", "depot": "sk-depot"}
"""One of them is wrong."""

ERROR_S: Final = 6.0
"""By then a camera that is not there has been missed."""


def _settle(seconds: float) -> None:
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        QCoreApplication.processEvents()
        time.sleep(0.005)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    until_s = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until_s:
            return False
        _settle(0.1)
    return True


def _wait_for(what: str, condition: Callable[[], bool]) -> None:
    if not _wait(condition, READY_S):
        sys.exit(f"waited {READY_S:.0f} s in vain for {what}")


class _Stubborn(Worker):
    """A real worker, but for not ending when it is asked to."""

    name = WorkerName.GENERATOR

    def __init__(self, real: Worker, let_go: threading.Event) -> None:
        self._real = real
        self._let_go = let_go

    def run(self, context: WorkerContext) -> None:
        self._real.run(context)
        self._let_go.wait()


def folder_name(state: str, scale: str) -> str:
    """Return where the pictures of a state lie, such as ``full-150``."""
    return f"{state}-{float(scale) * 100:.0f}"


def missing_characters(font: QFont, text: str) -> str:
    """Return the characters of `text` that `font`, with all that stand in for it, has not."""
    missing = []
    for character in sorted(set(text)):
        layout = QTextLayout(character, font)
        layout.beginLayout()
        layout.createLine()
        layout.endLayout()
        if any(0 in run.glyphIndexes() for run in layout.glyphRuns()):
            missing.append(character)
    return "".join(missing)


def _check_fonts() -> None:
    """End where the Chinese pictures would be of boxes."""
    from console.i18n import NAMES, TRANSLATIONS
    from console.theme.fonts import mono_font, ui_font

    for code in NAMES.keys() & set(LANGUAGES):
        words = (TRANSLATIONS / f"signalbox_{code}.ts").read_text(encoding="utf-8")
        text = "".join(each for each in words if each.isprintable() and not each.isspace())
        for font in (ui_font(), ui_font(strong=True), mono_font()):
            missing = missing_characters(font, text)
            if missing:
                sys.exit(
                    f"{QFontInfo(font).family()} and the fonts beside it lack {len(missing)} "
                    f"characters of {code}: {missing[:20]}\n"
                    "They would be boxes in the pictures. Install a font of them "
                    "(Debian, Ubuntu: apt-get install fonts-noto-cjk)."
                )


class Gallery:
    """One run of the program in one state."""

    def __init__(self, output: Path, state: str, llm_url: str) -> None:
        from console import i18n
        from console.app import Console, Launch
        from console.window_state import keep_in_files
        from pipeline.logs import Logs
        from pipeline.paths import log_folder

        self._folder = output
        self._state = state
        self._app = QApplication(sys.argv[:1])
        _check_fonts()
        keep_in_files()
        i18n.install(LANGUAGES[0])
        settings = _settings(state, llm_url)
        self._let_go = threading.Event()
        if state == "stuck-worker":
            self._make_stubborn()
        self._logs = Logs(settings.logs, log_folder())
        launch = Launch(settings, kind="gallery", start_all=state != "empty", page="live")
        self._console = Console(self._app, launch, self._logs)
        self._window = self._console.window

    def paint(self) -> None:
        """Bring the state about, and save all pictures of it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._window.resize(USUAL)
        self._console.show()
        self._bring_about()
        scenes = Scenes(self._console, self._state, _wait)
        scenes.prepare()
        for language in LANGUAGES:
            for theme in ("dark", "light"):
                self._change(language=language, theme=theme)
                for key in self._pages():
                    self._show(key)
                    self._save(self._window, f"{key}-{theme}-{language}")
                for name, widget in scenes.all():
                    _settle(SETTLE_S)
                    self._save(widget, f"{name}-{theme}-{language}")
        self._paint_sizes()
        self._let_go.set()
        self._console.quit(0)
        _wait(lambda: not self._console.context.controller.running, 20)
        self._console.close()
        self._logs.close()

    def _make_stubborn(self) -> None:
        from pipeline import session
        from pipeline.registry import make_worker

        def made(name: WorkerName) -> Worker:
            real = make_worker(name)
            return _Stubborn(real, self._let_go) if name is _Stubborn.name else real

        vars(session)["make_worker"] = made

    def _show(self, key: str) -> None:
        """Show a page, with the first of its alarms chosen."""
        from console.widgets.alarm_table import AlarmTable

        self._window.show_page(key)
        _settle(SETTLE_S)
        for table in self._window.pages.page(key).findChildren(AlarmTable):
            first = table.topLevelItem(0)
            if first is not None:
                table.setCurrentItem(first)
                _settle(SETTLE_S)

    def _pages(self) -> list[str]:
        from console.page_list import PAGES

        return [spec.key for spec in PAGES]

    def _bring_about(self) -> None:
        controller = self._console.context.controller
        match self._state:
            case "empty":
                _settle(2)
            case "full" | "language-model":
                self._wait_for_alarms()
                _settle(2)
            case "no-broker":
                detection = controller.status(WorkerName.DETECTION)
                _wait_for("a worker without broker", lambda: detection.last_failure is not None)
            case "full-disk":
                self._wait_for_alarms()
                assert controller.settings.aggregator.database is not None
                fill(controller.settings.aggregator.database.parent)
                aggregator = controller.status(WorkerName.AGGREGATOR)
                _wait_for("a full disk", lambda: aggregator.state is WorkerState.DEGRADED)
            case "failed-worker":
                detection = controller.status(WorkerName.DETECTION)
                _wait_for("a failed worker", lambda: detection.state is WorkerState.FAILED)
            case "stuck-worker":
                _wait_for("all workers", lambda: len(controller.running) == len(WorkerName))
                self._wait_for_alarms()
                controller.stop_all()
                _wait_for("a stuck worker", lambda: bool(controller.stuck_workers))
            case _:
                _settle(ERROR_S)
        _settle(1)

    def _wait_for_alarms(self) -> None:
        aggregator = self._console.context.hub.workers[WorkerName.AGGREGATOR]
        _wait_for("alarms", lambda: aggregator.snapshot().counters.get("alarms", 0) >= ALARMS)

    def _change(self, *, language: str, theme: str) -> None:
        controller = self._console.context.controller
        looks = controller.settings.console.model_copy(
            update={"language": language, "theme": theme}
        )
        controller.apply_settings(controller.settings.model_copy(update={"console": looks}))
        _settle(SETTLE_S)

    def _paint_sizes(self) -> None:
        for language in LANGUAGES:
            self._change(language=language, theme="dark")
            for size in SIZES:
                self._window.resize(size)
                for key in self._pages():
                    self._show(key)
                    self._save(self._window, f"{key}-{size.width()}x{size.height()}-{language}")
        self._window.resize(USUAL)

    def _save(self, shown: QWidget | QPixmap, name: str) -> None:
        # A picture taken before layouts that were asked for would show what nobody sees.
        QCoreApplication.sendPostedEvents()
        picture = shown if isinstance(shown, QPixmap) else shown.grab()
        picture.save(str(self._folder / f"{name}.png"))


def _settings(state: str, llm_url: str) -> Settings:
    from pipeline.settings import KafkaSettings, Settings, demo_settings
    from pipeline.settings_cameras import CameraSettings
    from pipeline.settings_scheduler import KeySettings, LlmSettings

    if state in {"full", "full-disk", "stuck-worker", "language-model"}:
        # At this rate the machine has time left for painting.
        demo = demo_settings()
        quiet = (each.model_copy(update={"detections_per_second": 3.0}) for each in demo.cameras)
        made = demo.model_copy(update={"cameras": tuple(quiet)})
        if state == "full-disk":
            database = Path(os.environ["SIGNALBOX_HOME"]) / SMALL_DISK / "alarms.db"
            stored = made.aggregator.model_copy(update={"database": database})
            made = made.model_copy(update={"aggregator": stored})
        if state == "language-model":
            keys = tuple(KeySettings(id=key, secret=f"env:{_env(key)}") for key in KEYS)
            llm = LlmSettings(base_url=llm_url, model="sees-pictures", keys=keys)
            scheduler = made.scheduler.model_copy(update={"assessor": "llm", "llm": llm})
            made = made.model_copy(update={"scheduler": scheduler})
        return made
    if state == "failed-worker":
        demo = demo_settings()
        detection = demo.detection.model_copy(update={"model": "gone.onnx"})
        return demo.model_copy(update={"detection": detection})
    if state == "dark-cameras":
        sources = {
            "Depot gate": "rtsp://127.0.0.1:9/1",
            "Bridge, northbound": "bridge.mp4",
            "Tunnel, west portal": "http://127.0.0.1:9/stream",
        }
        cameras = tuple(
            CameraSettings(id=f"cam-{number}", name=name, source=source)
            for number, (name, source) in enumerate(sources.items(), start=1)
        )
        return Settings(cameras=cameras)
    if state == "no-broker":
        kafka = KafkaSettings(mode="cluster", bootstrap_servers="127.0.0.1:9")
        return demo_settings().model_copy(update={"kafka": kafka})
    return Settings()


def _env(key: str) -> str:
    return f"GALLERY_KEY_{key.replace('-', '_').upper()}"


def _make_screen(folder: Path, scale: float) -> None:
    """Have Qt draw for a usual screen; by itself it takes a square one of 800 pixels."""
    size = {"width": round(SCREEN.width() * scale), "height": round(SCREEN.height() * scale)}
    screen = {"name": "gallery", "x": 0, "y": 0, "dpr": 1, "logicalDpi": 96, "logicalBaseDpi": 96}
    config = folder / "screen.json"
    config.write_text(json.dumps({"screens": [screen | size]}), encoding="utf-8")
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={config}"


def main() -> int:
    """Paint."""
    output, state, scale = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = scale
    os.environ.update({_env(key): secret for key, secret in KEYS.items()})
    temporary = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with temporary as home, llm_server() as llm:
        llm.bad_keys.add(KEYS["depot"])
        llm.latency_s = 0.4
        os.environ["SIGNALBOX_HOME"] = home
        if os.environ["QT_QPA_PLATFORM"] == "offscreen":
            _make_screen(Path(home), float(scale))
        small = Path(home) / SMALL_DISK
        small.mkdir()
        problem = mount_small(small, DISK_BYTES) if state == "full-disk" else ""
        if problem:
            print(f"{NOT_PAINTED}: {state}: {problem}", file=sys.stderr)
            return 0
        try:
            Gallery(output / folder_name(state, scale), state, llm.base_url).paint()
        finally:
            if state == "full-disk":
                unmount(small)
    return 0


if __name__ == "__main__":
    sys.exit(main())
