"""Languages of the window: which there are, and which is in use."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import (
    QT_TRANSLATE_NOOP,
    QCoreApplication,
    QLibraryInfo,
    QLocale,
    QTranslator,
)

from console import regional
from pipeline.paths import RESOURCES

SOURCE_LANGUAGE: Final = "en"
TRANSLATIONS: Final = RESOURCES / "translations"
NAMES: Final = {"en": "English", "zh_CN": "简体中文"}
PREFIX: Final = "signalbox_"
QT_PREFIX: Final = "qtbase_"
"""Qt's own words: buttons of dialogs, context menus of text fields."""

_QT_LACKS: Final = (
    QT_TRANSLATE_NOOP("QFileDialog", "&Look in:"),
    QT_TRANSLATE_NOOP("QFileDialog", "Files of &type:"),
)
"""Words of Qt that its own translation has not; our file is asked first, so ours has them."""

_installed: list[QTranslator] = []
_current: list[str] = [SOURCE_LANGUAGE]


def available() -> dict[str, str]:
    """Return the languages that can be chosen: their codes and own names."""
    found = {code: name for code, name in NAMES.items() if _file(code).is_file()}
    return {SOURCE_LANGUAGE: NAMES[SOURCE_LANGUAGE], **found}


def current() -> str:
    """Return the code of the language in use."""
    return _current[0]


def install(wanted: str) -> str:
    """Use a language from now on and return its code.

    Texts, dates and numbers that were asked for before stay as they are.

    Args:
        wanted: a code, or ``system``; where there is no translation, English is used.
    """
    code = _of_the_system() if wanted == "system" else wanted
    chosen = code if code in available() else SOURCE_LANGUAGE
    if _installed and chosen == current():
        return chosen  # Every widget would be told of a change.
    while _installed:
        QCoreApplication.removeTranslator(_installed.pop())
    qt_files = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    # The one that is installed last is asked first. English has its plural forms in a file.
    for file in (qt_files / f"{QT_PREFIX}{chosen}.qm", _file(chosen)):
        translator = QTranslator()
        if translator.load(str(file)):
            QCoreApplication.installTranslator(translator)
            _installed.append(translator)
    regional.use(regional.of_language(chosen))
    _current[0] = chosen
    return chosen


def _file(code: str) -> Path:
    return TRANSLATIONS / f"{PREFIX}{code}.qm"


def _of_the_system() -> str:
    """Return the first of the user's languages that there is; empty for none.

    Compared by language and script: who reads Simplified Chinese may live in Singapore, and who
    lives in Hong Kong reads another script.
    """
    for tag in QLocale.system().uiLanguages():
        theirs = QLocale(tag)
        for code in available():
            ours = QLocale(code)
            if (theirs.language(), theirs.script()) == (ours.language(), ours.script()):
                return code
    return ""
