"""Amounts with what is counted, in the plural forms of the language, for modules without widgets."""

from __future__ import annotations

from PySide6.QtCore import QObject

from console.formatting import count


class Counted(QObject):
    """Says amounts; lupdate takes plural forms from `tr` alone, which objects have."""

    def tokens(self, number: int) -> str:
        """Return ``1 token``, ``1,284 tokens``."""
        return self.tr("{0} tokens", "", number).format(count(number))

    def retries(self, number: int) -> str:
        """Return ``1 retry``, ``2 retries``."""
        return self.tr("{0} retries", "", number).format(count(number))

    def requests(self, number: int) -> str:
        """Return ``1 request``, ``12 requests``."""
        return self.tr("{0} requests", "", number).format(count(number))

    def unread(self, number: int) -> str:
        """Return ``1 message unread``, ``812 messages unread``."""
        return self.tr("{0} messages unread", "", number).format(count(number))
