"""Languages: every text is translated, fits its source, is packed, and the right one is chosen."""

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
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
)
from pytestqt.qtbot import QtBot

from console import i18n
from console.rule_words import rule_words
from console.settings_form import help_words, sections
from pipeline.messages import AssessmentTask, DetectedObject, GroupMetadata
from pipeline.scheduling.rules.rules import assess
from pipeline.settings_scheduler import RulesSettings
from tests.support import messages as made
from tools import make_translations
from tools.make_translations import LANGUAGES, OUTPUT, SOURCES, qm_file, ts_file

CHINESE = "zh_CN"
SHORTCUT = re.compile(r"\(((?:Ctrl|Shift|F\d|End|PgUp)[^),]*)")
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
def _english_again(qapp: QApplication) -> Iterator[None]:
    del qapp  # without one, translators are held but not in use
    locale = QLocale()
    yield
    i18n.install("en")
    QLocale.setDefault(locale)


CHINESE_TEXTS = read(ts_file(OUTPUT, CHINESE))


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
