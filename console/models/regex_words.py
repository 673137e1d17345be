"""What is wrong with a regular expression, in the language of the window."""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


def regex_problem(error: re.error) -> str:
    """Return what is wrong and at which character, counted from 1."""
    words = _words(error.msg)
    if error.pos is None:
        return words
    return translate("Regex", "{0} at character {1}").format(words, error.pos + 1)


def _words(told: str) -> str:
    usual = {
        "missing ), unterminated subpattern": translate("Regex", "“(” is not closed"),
        "unbalanced parenthesis": translate("Regex", "“)” was not opened"),
        "unterminated character set": translate("Regex", "“[” is not closed"),
        "nothing to repeat": translate("Regex", "there is nothing to repeat"),
        "multiple repeat": translate("Regex", "a repetition is repeated"),
        "min repeat greater than max repeat": translate(
            "Regex", "the least number of repetitions is above the most"
        ),
        "unexpected end of pattern": translate("Regex", "something is missing at the end"),
        "bad escape (end of pattern)": translate("Regex", "there is nothing after “\\”"),
    }
    if told in usual:
        return usual[told]
    if told.startswith("bad escape "):
        return translate("Regex", "“{0}” means nothing").format(told.removeprefix("bad escape "))
    if told.startswith("bad character range "):
        span = told.removeprefix("bad character range ")
        return translate("Regex", "the range “{0}” runs backwards").format(span)
    return translate("Regex", "it cannot be understood ({0})").format(told)
