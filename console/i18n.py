"""Languages of the window: which there are, and which is in use."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from pipeline.paths import RESOURCES

SOURCE_LANGUAGE: Final = "en"
TRANSLATIONS: Final = RESOURCES / "translations"
NAMES: Final = {"en": "English", "zh_CN": "简体中文"}
PREFIX: Final = "signalbox_"

_installed: list[QTranslator] = []
_current: list[str] = [SOURCE_LANGUAGE]


def available() -> dict[str, str]:
    """Return the languages that can be chosen: their codes and own names."""
    found = {
        code: name
        for code, name in NAMES.items()
        if (TRANSLATIONS / f"{PREFIX}{code}.qm").is_file()
    }
    return {SOURCE_LANGUAGE: NAMES[SOURCE_LANGUAGE], **found}


def current() -> str:
    """Return the code of the language in use."""
    return _current[0]


def install(wanted: str) -> str:
    """Use a language from now on and return its code.

    Args:
        wanted: a code, or ``system``; where there is no translation, English is used.
    """
    code = QLocale.system().name() if wanted == "system" else wanted
    chosen = code if code in available() else SOURCE_LANGUAGE
    while _installed:
        QCoreApplication.removeTranslator(_installed.pop())
    if chosen != SOURCE_LANGUAGE:
        translator = QTranslator()
        if translator.load(str(TRANSLATIONS / f"{PREFIX}{chosen}.qm")):
            QCoreApplication.installTranslator(translator)
            _installed.append(translator)
        else:
            chosen = SOURCE_LANGUAGE
    _current[0] = chosen
    return chosen
