"""Makes resources/translations/: the texts of the window for Qt Linguist, and what the window loads.

    python -m tools.make_translations [--output FOLDER]

Takes the texts out of console/ (lupdate) and what `pipeline.texts.say` says in pipeline/, keeps the
translations that there are, and packs them (lrelease). New texts come out unfinished: translate them in the .ts file, with Qt Linguist or by
hand, and run this again. A test fails until that is done.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import PySide6

from pipeline import system_words
from pipeline.kafka.doctor.java import java_names
from pipeline.texts import CONTEXT

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ROOT / "console"
PIPELINE: Final = ROOT / "pipeline"
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


def pipeline_texts() -> Iterator[str]:
    """Yield what the pipeline says to people, in the order of its sources.

    Raises:
        ValueError: a sentence is no literal, so that no translator could ever see it.
    """
    for path in sorted(PIPELINE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                source = node.args[0]
                if not isinstance(source, ast.Constant) or not isinstance(source.value, str):
                    raise ValueError(f"{path}:{node.lineno}: say() takes a literal")
                yield source.value
    yield from system_words.sources()
    for entries in java_names().values():
        yield from (entry.note.source for entry in entries if entry.note.source)


def marked(texts: Iterator[str]) -> str:
    """Return a module that marks texts as lupdate knows it; it sees no calls of our own."""
    lines = (
        f"QT_TRANSLATE_NOOP({json.dumps(CONTEXT)}, {json.dumps(text, ensure_ascii=False)})"
        for text in dict.fromkeys(texts)
    )
    return "\n".join(lines) + "\n"


def update(folder: Path, language: str) -> None:
    """Bring the .ts file to the state of the sources; translations that fit are kept.

    Raises:
        subprocess.CalledProcessError: lupdate failed; its output is in the error.
        ValueError: a text of the pipeline is no literal.
    """
    # Paths relative to the root, or every machine would write its own into the file.
    sources = sorted(path.relative_to(ROOT).as_posix() for path in SOURCES.rglob("*.py"))
    command = [str(qt_tool("lupdate")), "-silent", "-no-obsolete", "-locations", "none"]
    if language == PLURALS_ONLY:
        command.append("-pluralonly")
    command += ["-source-language", "en", "-target-language", language]
    with tempfile.TemporaryDirectory() as made:
        module = Path(made) / "pipeline_texts.py"
        module.write_text(marked(pipeline_texts()), encoding="utf-8")
        command += [*sources, str(module), "-ts", str(ts_file(folder, language))]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)


def pack(folder: Path, language: str) -> None:
    """Make the .qm file of what is finished in the .ts file.

    It is put in place whole: a program that runs has the file before mapped into its memory, and
    ends with a bus error where that one is written over.

    Raises:
        subprocess.CalledProcessError: lrelease failed; its output is in the error.
    """
    target = qm_file(folder, language)
    made = target.with_suffix(".new.qm")
    command = [
        str(qt_tool("lrelease")),
        "-silent",
        str(ts_file(folder, language)),
        "-qm",
        str(made),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    made.replace(target)


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
