"""Compiles the installer with NSIS from an assembled tree."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from installer import tools
from installer.launchers import version_numbers
from installer.places import HERE, ICON, ROOT
from installer.progress import BuildError
from installer.signing import Signer

SCRIPTS = HERE / "nsis"
FILE_TIME_S = 1_577_836_800
"""2020-01-01: every file gets it, so that the same files make the same installer."""


def make(tree: Path, output: Path, version: str, compression: str, signer: Signer) -> Path:
    """Compile the installer of `tree` into the folder `output` and return it.

    Raises:
        BuildError: NSIS is not there or fails.
    """
    makensis = tools.find_makensis()
    target = output / f"Signalbox-Setup-{version}.exe"
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    for path in files:
        os.utime(path, (FILE_TIME_S, FILE_TIME_S))
    size = sum(path.stat().st_size for path in files)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        values = {
            "VERSION": version,
            "NUMBERS": version_numbers(version).replace(",", "."),
            "OUTFILE": str(target),
            "ICON": str(ICON),
            # Painted by tools/make_installer_pictures.py.
            "WELCOME": str(SCRIPTS / "welcome.bmp"),
            "HEADER": str(SCRIPTS / "header.bmp"),
            "SIZE_KB": str(size // 1024 + 1),
            # In tens, and of Windows' kind, as the pages with the parts and the folder say it.
            "SIZE_MB": str((size // 2**20 // 10 + 1) * 10),
            "COMPRESSION": compression,
        }
        if _has_64_bit_stub(makensis):
            values["TARGET"] = "amd64-unicode"
        if signer.is_set:
            values["SIGN_COMMAND"] = f'"{sys.executable}" -m installer.signing'
        _write(folder / "build.nsh", [f"!define {key} `{text}`" for key, text in values.items()])
        _write(folder / "install.nsh", install_lines(tree, files))
        _write(folder / "remove.nsh", remove_lines(tree, files))
        tools.run(
            [
                *(makensis, "-V2", "-WX", "-INPUTCHARSET", "UTF8", "-NOCD"),
                *(f"-X!addincludedir `{place}`" for place in (folder, SCRIPTS)),
                SCRIPTS / "signalbox.nsi",
            ],
            cwd=ROOT,
        )
    if not target.is_file():
        raise BuildError(f"makensis ended well, but there is no {target}")
    signer.sign(target)
    return target


def install_lines(tree: Path, files: list[Path]) -> list[str]:
    """Return the script that writes every file below the stage, folder by folder."""
    lines, folder = [], None
    for path in files:
        if path.parent != folder:
            folder = path.parent
            inside = _windows(folder.relative_to(tree))
            lines.append(f"SetOutPath `${{STAGE}}{inside}`")
        lines.append(f"File `{escaped(str(path))}`")
    return lines


def remove_lines(tree: Path, files: list[Path]) -> list[str]:
    """Return the script that removes every file, and the folders that are empty then."""
    lines = [f"Delete `$INSTDIR{_windows(path.relative_to(tree))}`" for path in files]
    folders = {parent for path in files for parent in path.relative_to(tree).parents}
    deepest_first = sorted(folders - {Path()}, key=lambda path: (-len(path.parts), path))
    return [*lines, *(f"RMDir `$INSTDIR{_windows(path)}`" for path in deepest_first)]


def escaped(text: str) -> str:
    """Return a file name as NSIS reads it: its variables begin with a dollar sign."""
    return text.replace("$", "$$")


def _windows(path: Path) -> str:
    """Return a path below the program's folder, with a leading backslash; empty for itself."""
    return "".join(f"\\{escaped(part)}" for part in path.parts)


def _has_64_bit_stub(makensis: str) -> bool:
    """Whether this NSIS can make 64-bit installers (Debian's can, nsis.sourceforge.io's cannot)."""
    said = tools.run([makensis, "-HDRINFO"])
    found = re.search(r"NSISDIR=([^,\n]+)", said)
    folder = Path(found[1] if found else Path(makensis).parent)
    return (folder / "Stubs" / "lzma-amd64-unicode").is_file()


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
