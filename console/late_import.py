"""Importing a heavy library away from the GUI thread."""

from __future__ import annotations

import importlib

from loguru import logger
from PySide6.QtCore import QObject, QThread


class LateImport(QThread):
    """Imports one module; `finished` tells when it is there.

    Attributes:
        error: why it could not be imported; empty otherwise.
    """

    def __init__(self, module: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"import-{module}")
        self.error = ""
        self._module = module

    def run(self) -> None:
        try:
            importlib.import_module(self._module)
        except ImportError as error:
            self.error = str(error)
            logger.error("{} cannot be imported: {}", self._module, error)
