"""Dates and numbers that people read in the window, as the region of its language writes them.

Whose customs: those that the user has set in the system, where the system's language is the one
chosen for the window; an English window on a German system writes as English does by default.
`i18n.install` says which, and everything asked for from then on follows.

* Dates have the order and the signs of the locale's short date, with all figures in full
  (``05/01/2026``, not ``1/5/26``): one width for every day, so that columns line up, and a year that
  nobody takes for a day.
* Times of day have 24 hours and colons everywhere, also where the locale would say ``2:05 PM``: an
  operator compares them with log lines, which are written so, and there is one width for all.
* Numbers are grouped, and have the decimal sign, as the locale has it.

What machines read stays as it is everywhere: tables and reports that are exported, logs (their lines
in the window, too: they are those of the files), settings, names of files, the command line; and
values in fields for settings, which are typed as the settings file has them.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

from PySide6.QtCore import QDate, QLocale

CLOCK: Final = "%H:%M:%S"
MINUTES: Final = "%H:%M"
FIELD_MINUTES: Final = "HH:mm"
"""`MINUTES` as Qt's fields for times want it."""

_FULL: Final = {"d": "dd", "M": "MM", "yy": "yyyy", "y": "yyyy"}
_TOKENS: Final = re.compile(r"'[^']*'|d+|M+|y+")


class _Customs:
    """How one locale writes."""

    def __init__(self, locale: QLocale) -> None:
        self.locale = locale
        self.point = locale.decimalPoint()
        short = locale.dateFormat(QLocale.FormatType.ShortFormat)
        self.date = _TOKENS.sub(lambda token: _FULL.get(token[0], token[0]), short)


_in_use: list[_Customs] = [_Customs(QLocale("en"))]


def of_language(code: str) -> QLocale:
    """Return the customs for a language: the user's own where they have set some for it."""
    system, chosen = QLocale.system(), QLocale(code)
    ours, theirs = ((one.language(), one.script()) for one in (chosen, system))
    return system if ours == theirs else chosen


def use(locale: QLocale) -> None:
    """Write in this way from now on; Qt's own fields and calendars that are made later do, too."""
    QLocale.setDefault(locale)
    _in_use[0] = _Customs(locale)


# ---------------------------------------------------------------------- numbers
def whole(value: int) -> str:
    """Return a whole number: ``1,284``."""
    return _in_use[0].locale.toString(value)


def decimal(value: float, digits: int) -> str:
    """Return a number with so many decimals, not grouped: ``0.92``; quick enough for painting."""
    return pointed(f"{value:.{digits}f}")


def pointed(text: str) -> str:
    """Return a number that Python wrote, with the decimal sign of the locale."""
    point = _in_use[0].point
    return text if point == "." else text.replace(".", point)


def grouped(value: float, digits: int) -> str:
    """Return a number with so many decimals: ``1,284.5``."""
    return _in_use[0].locale.toString(value, "f", digits)


def percent(value: float) -> str:
    """Return a share given in percent: ``12%``."""
    return whole(round(value)) + _in_use[0].locale.percent()


# ---------------------------------------------------------------------- dates and times
def day(of: date) -> str:
    """Return a date: ``05/01/2026``."""
    customs = _in_use[0]
    return customs.locale.toString(QDate(of.year, of.month, of.day), customs.date)


def weekday(of: date) -> str:
    """Return the short name of a day of the week: ``Mon``."""
    return _in_use[0].locale.dayName(of.isoweekday(), QLocale.FormatType.ShortFormat)


def clock(moment: datetime) -> str:
    """Return the local time of day: ``08:31:12``."""
    return f"{moment.astimezone():{CLOCK}}"


def minutes(moment: datetime) -> str:
    """Return the local time of day without seconds: ``08:31``."""
    return f"{moment.astimezone():{MINUTES}}"


def day_and_clock(moment: datetime) -> str:
    """Return local date and time: ``05/01/2026 08:31:12``."""
    return f"{day(moment.astimezone())} {clock(moment)}"


def day_and_minutes(moment: datetime) -> str:
    """Return local date and time without seconds: ``05/01/2026 08:31``."""
    return f"{day(moment.astimezone())} {minutes(moment)}"


def field_format() -> str:
    """Return what a field for a date and a time shows, and understands when it is typed."""
    return f"{_in_use[0].date} {FIELD_MINUTES}"
