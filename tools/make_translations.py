"""Makes resources/translations/: the texts of the window for Qt Linguist, and what the window loads.

    python -m tools.make_translations [--output FOLDER]

Takes the texts out of console/ (lupdate), keeps the translations that there are, and packs them
(lrelease). New texts come out unfinished: translate them in the .ts file, with Qt Linguist or by
hand, and run this again. A test fails until that is done.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

import PySide6

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ROOT / "console"
OUTPUT: Final = ROOT / "resources" / "translations"

PLURALS_ONLY: Final = "en"
"""The language of the sources needs a file for its plural forms, and for nothing else."""

LANGUAGES: Final = (PLURALS_ONLY, "zh_CN")


def qt_tool(name: str) -> Path:
    """Return the path of a program that PySide6-Essentials brings along."""
    suffix = ".exe" if sys.platform == "win32" else ""
    return Path(PySide6.__file__).parent / (name + suffix)


def ts_file(folder: Path, language: str) -> Path:
    """Return where the texts of a language are kept for translators."""
    return folder / f"signalbox_{language}.ts"


def qm_file(folder: Path, language: str) -> Path:
    """Return where the texts of a language are kept for the window."""
    return folder / f"signalbox_{language}.qm"


def update(folder: Path, language: str) -> None:
    """Bring the .ts file to the state of the sources; translations that fit are kept.

    Raises:
        subprocess.CalledProcessError: lupdate failed; its output is in the error.
    """
    # Paths relative to the root, or every machine would write its own into the file.
    sources = sorted(path.relative_to(ROOT).as_posix() for path in SOURCES.rglob("*.py"))
    command = [str(qt_tool("lupdate")), "-silent", "-no-obsolete", "-locations", "none"]
    if language == PLURALS_ONLY:
        command.append("-pluralonly")
    command += ["-source-language", "en", "-target-language", language]
    command += [*sources, "-ts", str(ts_file(folder, language))]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)


def pack(folder: Path, language: str) -> None:
    """Make the .qm file of what is finished in the .ts file.

    Raises:
        subprocess.CalledProcessError: lrelease failed; its output is in the error.
    """
    paths = [str(ts_file(folder, language)), "-qm", str(qm_file(folder, language))]
    command = [str(qt_tool("lrelease")), "-silent", *paths]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)


def main() -> int:
    """Write the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=OUTPUT)
    folder: Path = parser.parse_args().output.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        try:
            update(folder, language)
            pack(folder, language)
        except subprocess.CalledProcessError as error:
            print(f"{error.cmd[0]} failed:\n{error.stderr}{error.stdout}", file=sys.stderr)
            return 1
        print(qm_file(folder, language))
    return 0


if __name__ == "__main__":
    sys.exit(main())
