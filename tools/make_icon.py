"""Writes ``resources/icons/signalbox.ico``, the icon of the Windows program, from the window's mark.

``python -m tools.make_icon``
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "resources" / "icons" / "signalbox.ico"
_HEADER = struct.Struct("<HHH")
_ENTRY = struct.Struct("<BBBBHHII")


def icon_file(pictures: dict[int, bytes]) -> bytes:
    """Return an ICO file of square PNG pictures by their size in pixels."""
    head = _HEADER.pack(0, 1, len(pictures))
    offset = len(head) + _ENTRY.size * len(pictures)
    entries, bodies = b"", b""
    for size, png in sorted(pictures.items()):
        side = size % 256  # 256 is written as 0
        entries += _ENTRY.pack(side, side, 0, 0, 1, 32, len(png), offset + len(bodies))
        bodies += png
    return head + entries + bodies


def main() -> int:
    """Paint every size and write the file."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QBuffer, QIODevice
    from PySide6.QtWidgets import QApplication

    from console.theme.mark import SIZES, window_icon

    app = QApplication(sys.argv[:1])
    icon = window_icon()
    pictures = {}
    for size in SIZES:
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        icon.pixmap(size, size).save(buffer, "PNG")
        pictures[size] = bytes(buffer.data().data())
    TARGET.write_bytes(icon_file(pictures))
    app.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
