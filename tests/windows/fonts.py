"""Gives the rig's Windows one good font for every name that Windows would have one for.

Wine brings none for the languages and the looks of Windows: Chinese pages would show boxes, and the
window a serif. What Windows really has (Segoe UI, SimSun, Microsoft YaHei) may not be copied.
"""

from __future__ import annotations

import subprocess

FONT = "Noto Sans CJK SC"
STOOD_FOR = (
    *("Tahoma", "Segoe UI", "Microsoft Sans Serif", "MS Sans Serif", "Arial"),
    *("SimSun", "宋体", "NSimSun", "Microsoft YaHei", "Microsoft YaHei UI"),
)
DIALOG_FONTS = ("MS Shell Dlg", "MS Shell Dlg 2")
"""Names that stand for another one in every Windows."""

REPLACEMENTS = "HKEY_CURRENT_USER\\Software\\Wine\\Fonts\\Replacements"
SUBSTITUTES = "HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\FontSubstitutes"


def is_there() -> bool:
    """Whether this machine has the font, where Wine finds it, too."""
    try:
        done = subprocess.run(
            ["fc-list", FONT, "file"], capture_output=True, check=False, timeout=60
        )
    except FileNotFoundError:
        return False
    return bool(done.stdout.strip())


def registry_file() -> str:
    """Return what has to be imported, so that the names lead to it."""
    lines = ["Windows Registry Editor Version 5.00", "", f"[{REPLACEMENTS}]"]
    lines += [f'"{name}"="{FONT}"' for name in STOOD_FOR]
    lines += ["", f"[{SUBSTITUTES}]"]
    lines += [f'"{name}"="{FONT}"' for name in DIALOG_FONTS]
    return "\r\n".join([*lines, ""])
