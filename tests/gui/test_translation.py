"""Languages: every text is translated, fits its source, is packed, shown, and changed at run time."""

from __future__ import annotations

import ast
import re
import shutil
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, Qt, QTimer, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QTreeWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from console import i18n
from console.app import Console, Launch
from console.context import ConsoleContext
from console.help import HelpDialog
from console.main_window import MainWindow
from console.page_list import PAGES
from console.pages.settings import SettingsPage
from console.rule_words import rule_words
from console.settings_form import help_words, sections
from console.ui_gap import UiGap
from console.widgets.camera_dialog import CameraDialog
from console.widgets.key_dialog import KeyDialog
from console.widgets.setting_field import SettingField
from console.window_state import keep_in_files
from pipeline.logs import Logs
from pipeline.messages import AssessmentTask, DetectedObject, GroupMetadata
from pipeline.scheduling.rules.rules import assess
from pipeline.settings import Settings, demo_settings
from pipeline.settings_cameras import CameraSettings
from pipeline.settings_scheduler import RulesSettings
from pipeline.states import WorkerName
from tests.support import messages as made
from tests.support.console_parts import console_context
from tools import make_translations
from tools.make_translations import LANGUAGES, OUTPUT, SOURCES, qm_file, ts_file

CHINESE = "zh_CN"
SHORTCUT = re.compile(r"\((?:Ctrl|Shift|F\d|End|PgUp)[^)]*\)")
HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Text:
    """One entry of a .ts file; `forms` are its translations, one for each plural form."""

    context: str
    source: str
    comment: str
    is_plural: bool
    is_finished: bool
    forms: tuple[str, ...]


def read(path: Path) -> list[Text]:
    texts = []
    for context in ET.parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            assert translation is not None
            plurals = [form.text or "" for form in translation.iter("numerusform")]
            texts.append(
                Text(
                    context.findtext("name", ""),
                    message.findtext("source", ""),
                    message.findtext("comment", ""),
                    message.get("numerus") == "yes",
                    translation.get("type") is None,
                    tuple(plurals) or (translation.text or "",),
                )
            )
    return texts


def keys(texts: list[Text]) -> set[tuple[str, str, str, bool]]:
    return {(text.context, text.source, text.comment, text.is_plural) for text in texts}


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    locale = QLocale()
    yield
    i18n.install("en")
    QLocale.setDefault(locale)


CHINESE_TEXTS = read(ts_file(OUTPUT, CHINESE))


# ---------------------------------------------------------------------- the files
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_translators_file_has_the_texts_of_the_sources(language: str, tmp_path: Path) -> None:
    shutil.copy(ts_file(OUTPUT, language), tmp_path)
    make_translations.update(tmp_path, language)
    fresh, committed = (
        keys(read(ts_file(tmp_path, language))),
        keys(read(ts_file(OUTPUT, language))),
    )
    assert fresh == committed, "run: python -m tools.make_translations"


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_untranslated(language: str) -> None:
    unfinished = [
        (text.context, text.source)
        for text in read(ts_file(OUTPUT, language))
        if not text.is_finished or not all(text.forms)
    ]
    assert unfinished == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_window_loads_is_what_the_translators_wrote(
    qapp: QApplication, language: str
) -> None:
    translator = QTranslator()
    assert translator.load(str(qm_file(OUTPUT, language)))
    wrong = []
    for text in read(ts_file(OUTPUT, language)):
        # One and many: the plural forms of English; Chinese has a single one.
        for number, form in zip((1, 2), text.forms, strict=False):
            packed = translator.translate(
                text.context, text.source, text.comment, number if text.is_plural else -1
            )
            if packed != form:
                wrong.append((text.context, text.source, packed))
    assert wrong == [], "run: python -m tools.make_translations"


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def faults(source: str, form: str) -> Iterator[str]:
    """Say what a translation has lost of its source, and where it is badly set."""
    if placeholders(form) != placeholders(source):
        yield "other placeholders"
    if any(form.count(mark) != source.count(mark) for mark in "&\n"):
        yield "other mnemonics or lines"
    if (form == form.strip()) != (source == source.strip()):
        yield "other spaces at the ends"
    if form.endswith("…") != source.endswith("…"):
        yield "one has an ellipsis"
    if any(keys not in form for keys in re.findall(SHORTCUT, source)):
        yield "a shortcut is missing"
    if re.search(r"[\u4e00-\u9fff][,;:?!]", form):
        yield "half-width punctuation after a Chinese character"


def test_a_translation_keeps_what_its_source_carries() -> None:
    found = [
        (text.context, text.source, fault)
        for text in CHINESE_TEXTS
        for form in text.forms
        for fault in faults(text.source, form)
    ]
    assert found == []


def test_faults_of_a_translation_are_found() -> None:
    assert list(faults("Page {0} of {1}", "第 {0} 页")) == ["other placeholders"]
    assert list(faults("&Open", "打开")) == ["other mnemonics or lines"]
    assert list(faults("Undo (Ctrl+Z)", "撤销")) == ["a shortcut is missing"]
    assert list(faults("Add…", "添加")) == ["one has an ellipsis"]


def calls(path: Path) -> Iterator[tuple[str, ast.expr]]:
    """Give every text that a module asks the translation of, with its context."""

    def walk(node: ast.AST, owner: str) -> Iterator[tuple[str, ast.expr]]:
        for child in ast.iter_child_nodes(node):
            inside = child.name if isinstance(child, ast.ClassDef) else owner
            if isinstance(child, ast.Call):
                name = getattr(child.func, "attr", getattr(child.func, "id", ""))
                if name == "tr":
                    yield inside, child.args[0]
                elif name in {"translate", "QT_TRANSLATE_NOOP"} and len(child.args) > 1:
                    context = child.args[0]
                    assert isinstance(context, ast.Constant)
                    yield str(context.value), child.args[1]
            yield from walk(child, inside)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), "")


def test_the_context_of_each_text_is_the_one_that_is_asked_at_run_time() -> None:
    """Lupdate guesses contexts; Qt asks with the name of the class."""
    known = {(text.context, text.source) for text in CHINESE_TEXTS}
    unknown = []
    for path in SOURCES.rglob("*.py"):
        if path.name == "window_texts.py":
            continue  # asks for whatever the pipeline said; test_window_texts.py goes through it
        for context, source in calls(path):
            if isinstance(source, ast.Constant):
                if (context, source.value) not in known:
                    unknown.append((path.name, context, source.value))
            elif path.name not in {"pipeline_words.py", "rule_words.py"}:
                unknown.append((path.name, context, ast.unparse(source)))
    assert unknown == []


def test_every_setting_has_its_help_from_the_window() -> None:
    """What the models say of themselves is English only."""
    places = [field.place for section in sections() for field in section.fields]
    own = {text.source for text in CHINESE_TEXTS if text.context in {"Settings", "LlmSettings"}}
    helps = {place: help_words(place, "(from the model)") for place in places}
    described = {place: text for place, text in helps.items() if text != "(from the model)"}
    assert set(described.values()) <= own
    assert set(places) == set(described)


# ---------------------------------------------------------------------- what the rules say
def task(
    *people: DetectedObject, distance: float, closing: float, speed: float, crowding: float = 0.0
) -> AssessmentTask:
    height = made.CAR_BOX[3] - made.CAR_BOX[1]
    return made.task(
        objects=(made.car(velocity=(speed * height, 0.0)), made.person(), *people),
        metadata=GroupMetadata(pairs=(made.pair(distance, closing),), crowding=crowding),
    )


@pytest.mark.parametrize(
    "of",
    [
        task(distance=0.2, closing=0.2, speed=0.0),
        made.crossing(-2.7),
        task(distance=0.2, closing=0.0, speed=0.5),
        task(*[made.person()] * 7, distance=0.9, closing=0.0, speed=0.0, crowding=0.8),
    ],
    ids=["time to collision", "post-encroachment time", "near a moving vehicle", "dense group"],
)
def test_the_words_of_a_rule_are_told_in_the_language_of_the_window(
    qapp: QApplication, of: AssessmentTask
) -> None:
    """The sentences of the rules and those of the window must not drift apart."""
    said = assess(of, RulesSettings())[0].description
    assert said.startswith("Rule ")
    assert rule_words(said) == said
    i18n.install(CHINESE)
    chinese = rule_words(said)
    assert not re.search(r"[A-Za-z]", chinese)
    assert sorted(re.findall(r"[\d.]*\d%?", chinese)) == sorted(re.findall(r"[\d.]*\d%?", said))


def test_what_no_rule_says_stays_as_it_is(qapp: QApplication) -> None:
    i18n.install(CHINESE)
    assert (
        rule_words("A lorry turns across the cycle path.") == "A lorry turns across the cycle path."
    )


# ---------------------------------------------------------------------- which language
@pytest.mark.parametrize(
    ("wanted", "used"), [("zh_CN", "zh_CN"), ("en", "en"), ("fr_FR", "en"), ("system", "en")]
)
def test_a_language_that_there_is_not_is_english(
    qapp: QApplication, wanted: str, used: str
) -> None:
    assert i18n.install(wanted) == used
    assert i18n.current() == used


@pytest.mark.parametrize(
    ("preferred", "used"),
    [
        (["zh-Hans-CN", "zh-CN", "zh"], "zh_CN"),
        (["zh-Hans-SG", "zh-SG"], "zh_CN"),
        (["de-DE", "zh-CN", "en-GB"], "zh_CN"),
        (["en-GB", "zh-CN"], "en"),
        (["zh-Hant-HK", "zh-HK"], "en"),
        (["C"], "en"),
    ],
)
def test_the_first_language_of_the_user_that_there_is(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, preferred: list[str], used: str
) -> None:
    monkeypatch.setattr(QLocale, "uiLanguages", lambda _self: preferred)
    assert i18n.install("system") == used


def test_one_line_is_not_one_lines(qapp: QApplication) -> None:
    def lines(number: int) -> str:
        return QCoreApplication.translate("LogTail", "{0} lines", "", number)

    i18n.install("en")
    assert [lines(number) for number in (0, 1, 2)] == ["{0} lines", "{0} line", "{0} lines"]
    i18n.install(CHINESE)
    assert [lines(number) for number in (0, 1, 2)] == ["{0} 行"] * 3


def test_qts_own_words_are_translated_too(qtbot: QtBot) -> None:
    i18n.install(CHINESE)
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(box)
    assert HAN.search(box.button(QDialogButtonBox.StandardButton.Cancel).text())


# ---------------------------------------------------------------------- the window
@pytest.fixture
def context(qtbot: QtBot) -> Iterator[ConsoleContext]:
    settings = demo_settings()
    with console_context(
        qtbot, settings.model_copy(update={"cameras": settings.cameras[:2]})
    ) as made:
        yield made


@pytest.fixture
def window(qtbot: QtBot, context: ConsoleContext) -> Iterator[MainWindow]:
    gap = UiGap()
    made = MainWindow(context, gap)
    gap.setParent(made)
    made.language_chosen.connect(i18n.install)
    made.language_chosen.connect(lambda _code: QTimer.singleShot(0, made.retranslate))
    with qtbot.waitExposed(made):
        made.show()
    made.open_first_page()
    yield made
    made.hide()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def choose_language(qtbot: QtBot, window: MainWindow, name: str) -> None:
    """Choose a language in the status bar, and wait until the window speaks it."""
    before = window.status_bar
    actions = [each for each in before.findChildren(QAction) if each.text() == name]
    actions[0].trigger()
    qtbot.waitUntil(lambda: window.status_bar is not before)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if window.page_key:
        qtbot.waitUntil(window.pages.page(window.page_key).isVisible)


STAY = """
signalbox kafka broker cpu gpu usb csv json jpeg zip iou id ui api p50 p95 p99 ms kb mb gb ctrl shift
alt esc end pgup pgdn del return enter demo rtsp onnx directml cuda openvino yolo bundled trace debug info
sasl tls scram sha plain oauthbearer java librdkafka common producer consumer env space utf
success warning error detection generator scheduler aggregator console english
webhook smtp tls starttls pem keyring env llm lines
openai azure dashscope vllm ollama lm studio qwen vl max token
"""
"""Names, units, keys, and values that are written so in the settings and the log."""


def shown_texts(root: QWidget) -> Iterator[str]:
    """Give every text that a person can read below a widget, and every hint."""
    for widget in [root, *root.findChildren(QWidget)]:
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        if isinstance(widget, QLineEdit):
            yield widget.placeholderText()
        if isinstance(widget, QComboBox):
            yield from (widget.itemText(row) for row in range(widget.count()))
        if isinstance(widget, QListWidget):
            yield from (widget.item(row).text() for row in range(widget.count()))
        if isinstance(widget, QTreeWidget):
            header = widget.headerItem()
            yield from (header.text(column) for column in range(widget.columnCount()))
        yield widget.toolTip()
        yield widget.accessibleName()
    for action in root.findChildren(QAction):
        # The chart's library makes one that stands in no menu.
        if action.associatedObjects():
            yield action.text()


def foreign_words(text: str, known: set[str]) -> list[str]:
    """Return words in Latin letters that are no names."""
    plain = re.sub(r"<[^>]*>|rtsp://\S*|[a-z]+(?:\.[a-z]+)+|[\w.+-]+[\\/:]\S+|\*\.\w+", " ", text)
    words = re.findall(r"[A-Za-z][A-Za-z]+", plain)
    return [word for word in words if word.lower() not in known.union(STAY.split())]


def names_of(settings: Settings) -> set[str]:
    """Return the words that the user's own names consist of."""
    topics, groups = settings.kafka.topics.model_dump(), settings.kafka.groups.model_dump()
    texts = [*topics.values(), *groups.values()]
    texts += [f"{camera.name} {camera.id}" for camera in settings.cameras]
    return {word.lower() for text in texts for word in re.findall(r"[A-Za-z]+", str(text))}


@pytest.mark.parametrize("key", [spec.key for spec in PAGES])
def test_no_english_is_left_in_the_chinese_window(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext, key: str
) -> None:
    choose_language(qtbot, window, "简体中文")
    window.show_page(key)
    qtbot.wait(50)
    known = names_of(context.settings)
    left = {
        text: words
        for part in (
            window.pages.page(key),
            window.top_bar,
            window.rail,
            window.track,
            window.status_bar,
        )
        for text in shown_texts(part)
        if (words := foreign_words(text, known))
    }
    assert left == {}


def test_no_english_is_left_in_chinese_dialogs(
    qtbot: QtBot, window: MainWindow, context: ConsoleContext
) -> None:
    choose_language(qtbot, window, "简体中文")
    camera = CameraSettings(id="9", name="九", source="demo")
    for dialog in (
        HelpDialog(window),
        CameraDialog(context, camera, "", window),
        KeyDialog(context.settings.scheduler.llm, None, window),
    ):
        dialog.show()
        left = {
            text: found for text in shown_texts(dialog) if (found := foreign_words(text, set()))
        }
        assert left == {}
        dialog.close()


def test_the_language_changes_there_and_back_while_the_window_is_open(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.show_page("kafka")
    for name, start, kafka in (
        ("简体中文", "全部启动", "消费者组"),
        ("English", "Start all", "Consumer groups"),
    ):
        choose_language(qtbot, window, name)
        assert window.page_key == "kafka"
        assert window.rail.button("kafka").isChecked()
        assert window.top_bar.start_button.text() == start
        assert kafka in list(shown_texts(window.pages.page("kafka")))


def test_what_was_typed_and_chosen_survives_the_change(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("logs")
    log_text = next(
        field for field in window.pages.page("logs").findChildren(QLineEdit) if field.isVisible()
    )
    qtbot.keyClicks(log_text, "camera")
    window.show_page("settings")
    field = setting(window, ("detection", "confidence"))
    line = field.row.findChildren(QLineEdit)[0]
    line.selectAll()
    qtbot.keyClicks(line, "0.71")
    window.show_page("pipeline")
    window.pages.show_worker(WorkerName.SCHEDULER)
    window.track.set_folded(True)
    notice = window.add_notice("warning", "The last run ended abruptly.", "details")

    choose_language(qtbot, window, "简体中文")

    assert window.page_key == "pipeline"
    assert window.track.is_folded
    assert "评估调度" in " ".join(
        child.accessibleName() for child in visible(window.pages.page("pipeline"))
    )
    assert setting(window, ("detection", "confidence")).typed() == "0.71"
    texts = [field.text() for field in window.pages.page("logs").findChildren(QLineEdit)]
    assert "camera" in texts
    assert notice.isVisible()
    assert "复制详情" in list(shown_texts(notice))


def visible(root: QWidget) -> list[QWidget]:
    return [child for child in root.findChildren(QWidget) if child.isVisible()]


def setting(window: MainWindow, place: tuple[str, ...]) -> SettingField:
    page = window.pages.page("settings")
    assert isinstance(page, SettingsPage)
    return next(field for field in page.findChildren(SettingField) if field.place == place)


def test_the_wall_alone_stays_alone(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F11)
    choose_language(qtbot, window, "简体中文")
    assert window.isFullScreen()
    assert not window.top_bar.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(window.top_bar.isVisible)


def test_the_program_follows_its_settings_and_keeps_the_language(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    path = tmp_path / "settings.toml"
    keep_in_files()
    with Logs(demo_settings().logs, tmp_path, terminal=False) as logs:
        console = Console(qapp, Launch(demo_settings(), settings_path=path), logs)
        console.window.show()
        console.window.open_first_page("settings")
        box = setting(console.window, ("console", "language")).row.findChildren(QComboBox)[0]
        box.setCurrentIndex(box.findData(CHINESE))
        before = console.window.pages.page("settings")
        qtbot.mouseClick(button(before, "Apply"), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: console.window.pages.page("settings") is not before)
        after = button(console.window.pages.page("settings"), "应用")
        # On a cold machine the page is there a moment before it is in front.
        qtbot.waitUntil(lambda: after.isVisibleTo(console.window))
        assert 'language = "zh_CN"' in path.read_text(encoding="utf-8")
        assert console.close()
        console.context.theme.deleteLater()
        console.window.deleteLater()
        console.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def button(root: QWidget, text: str) -> QAbstractButton:
    return next(each for each in root.findChildren(QAbstractButton) if each.text() == text)


# ---------------------------------------------------------------------- room
@pytest.mark.parametrize("size", [(1440, 780), (1280, 720), (900, 560)])
def test_no_button_is_too_narrow_for_its_chinese(
    qtbot: QtBot, window: MainWindow, size: tuple[int, int]
) -> None:
    choose_language(qtbot, window, "简体中文")
    window.resize(*size)
    narrow: list[tuple[str, str, int]] = []
    for spec in PAGES:
        window.show_page(spec.key)
        qtbot.waitUntil(window.pages.page(spec.key).isVisible)
        QCoreApplication.processEvents()
        narrow += [
            (spec.key, button.text(), button.width())
            for button in window.findChildren(QAbstractButton)
            if button.isVisible() and button.width() < button.minimumSizeHint().width()
        ]
    assert (window.width(), window.height()) == size
    assert narrow == []
