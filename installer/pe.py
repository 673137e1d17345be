"""What Windows' executables say of themselves, read with MinGW's objdump."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from installer import tools

SUFFIXES = (".exe", ".dll", ".pyd")

SYSTEM_LIBRARIES: Final = frozenset(
    {
        *("advapi32", "authz", "avicap32", "avrt", "bcrypt", "bcryptprimitives", "cfgmgr32"),
        *("comctl32", "comdlg32", "crypt32", "d2d1", "d3d11", "d3d12", "d3d9", "dbghelp"),
        *("dcomp", "dnsapi", "dwmapi", "dwrite", "dxcore", "dxgi", "dxva2", "gdi32", "gdiplus"),
        *("hid", "icuuc", "icuin", "icu", "imm32", "iphlpapi", "kernel32", "mf", "mfplat"),
        *("mfreadwrite", "mpr", "mscms", "msi", "mswsock", "msvcrt", "msvfw32", "ncrypt"),
        *("netapi32", "normaliz", "ntdll", "ole32", "oleacc", "oleaut32", "opengl32", "pdh"),
        *("powrprof", "propsys", "psapi", "rpcrt4", "rstrtmgr", "runtimeobject", "secur32"),
        *("setupapi", "shcore", "shell32", "shlwapi", "ucrtbase", "uiautomationcore", "user32"),
        *("userenv", "usp10", "uxtheme", "version", "windowscodecs", "winhttp", "wininet"),
        *("winmm", "winspool", "winsta", "wintrust", "wldap32", "ws2_32", "wsock32", "wtsapi32"),
    }
)
"""Libraries that every Windows 10 (version 1903 or later) has."""


def executables(tree: Path) -> list[Path]:
    """Return all executables and libraries below `tree`, sorted."""
    return sorted(path for path in tree.rglob("*") if path.suffix.lower() in SUFFIXES)


def imported_libraries(path: Path) -> list[str]:
    """Return the file names of the libraries that must be there when `path` is loaded."""
    said = tools.run([tools.find_mingw("objdump"), "-p", path])
    return re.findall(r"^\s+DLL Name: (\S+)", said, re.MULTILINE)


def exported_names(path: Path) -> list[str]:
    """Return the names a library offers, sorted."""
    said = tools.run([tools.find_mingw("objdump"), "-p", path])
    table = said.partition("[Ordinal/Name Pointer] Table")[2]
    return sorted(
        re.findall(
            r"^\s+\[\s*\d+\](?: \+base\[\s*\d+\])?\s+(?:[0-9a-f]+ )?(\S+)$", table, re.MULTILINE
        )
    )


def unresolved(tree: Path) -> list[str]:
    """Return what is imported but neither in the tree nor part of Windows, one line each.

    Windows looks in the folder of the importing file and in ``runtime``; a library of any other
    folder counts, too, as long as its package loads it by path first (NumPy, confluent-kafka).
    """
    paths = executables(tree)
    present = {path.name.lower() for path in paths}
    lines = []
    for path in paths:
        lacking = sorted(_lacking(imported_libraries(path), present))
        lines += [f"{path.relative_to(tree).as_posix()} needs {name}" for name in lacking]
    return lines


def _lacking(names: Iterable[str], present: set[str]) -> set[str]:
    return {
        name
        for name in (name.lower() for name in names)
        if name not in present and not name.startswith(("api-ms-win-", "ext-ms-win-"))
        if name.rpartition(".")[0] not in SYSTEM_LIBRARIES
    }
