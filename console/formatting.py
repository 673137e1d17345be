"""Numbers for people: short, always the same width for the same magnitude, by the locale in use."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from console import regional


def duration(seconds: float) -> str:
    """Return ``00:12:41``; days are put in front once there are any."""
    whole = max(0, int(seconds))
    days, rest = divmod(whole, 86_400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    if not days:
        return clock
    text = QCoreApplication.translate("Duration", "{0}d {1}", "days, hours:minutes:seconds")
    return text.format(regional.whole(days), clock)


def milliseconds(value: float | None) -> str:
    """Return a time span: ``0.4 ms``, ``4 ms``, ``3.9 s``, ``12 min``, ``5 h``, ``3 d``; or a dash."""
    if value is None:
        return "–"
    if 0 < value < 0.05:
        return f"<{regional.decimal(0.1, 1)} ms"
    if value < 9.95:
        return f"{regional.decimal(value, 1)} ms"
    if value < 999.5:
        return f"{value:.0f} ms"
    if value < 99_950:
        return f"{regional.decimal(value / 1000, 1)} s"
    minutes = value / 60_000
    if minutes < 119.5:
        return f"{regional.whole(round(minutes))} min"
    hours = minutes / 60
    if hours < 47.5:
        return f"{regional.whole(round(hours))} h"
    return f"{regional.whole(round(hours / 24))} d"


def seconds(value: float | None) -> str:
    """Return a time span given in seconds; a dash when there is none."""
    if value is None:
        return "–"
    if value <= 0:
        return "0 s"
    return milliseconds(value * 1000)


def rate(per_second: float) -> str:
    """Return a rate: ``28.4``, ``0.0``, ``1,240``."""
    return regional.decimal(per_second, 1) if per_second < 999.95 else count(round(per_second))


def count(value: int) -> str:
    """Return a whole number grouped: ``1,284``."""
    return regional.whole(value)


def compact(value: int) -> str:
    """Return a whole number in at most six characters: ``9,999``, ``123 k``, ``1.2 M``."""
    if value < 10_000:
        return count(value)
    scaled = float(value)
    for unit in ("k", "M", "G"):
        scaled /= 1000
        if scaled < 999.5 or unit == "G":
            digits = 1 if scaled < 99.95 else 0
            return f"{regional.decimal(scaled, digits)}\N{NARROW NO-BREAK SPACE}{unit}"
    return ""


def axis_count(value: float) -> str:
    """Return what stands beside a line of a chart of amounts; nothing between whole numbers."""
    return compact(round(value)) if float(value).is_integer() else ""


def gauge(value: float) -> str:
    """Return a value that goes up and down: ``4``, ``26.5``."""
    return count(int(value)) if float(value).is_integer() else regional.grouped(value, 1)


def size(number_of_bytes: float) -> str:
    """Return an amount of memory: ``812 B``, ``6.2 MB``, ``1.4 GB``."""
    if number_of_bytes < 1000:
        return f"{number_of_bytes:.0f} B"
    for unit in ("KB", "MB", "GB"):
        number_of_bytes /= 1000
        if number_of_bytes < 999.5 or unit == "GB":
            digits = 1 if number_of_bytes < 9.95 else 0
            return f"{regional.decimal(number_of_bytes, digits)} {unit}"
    return ""
