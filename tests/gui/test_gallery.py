"""Pictures of every page for looking at: ``python main.py test -m gallery`` makes build/gallery.

What a program can see of them is checked: none is missing, none is blank.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from console.page_list import PAGES
from tests.support.gallery import LANGUAGES, NOT_PAINTED, SIZES, STATES, folder_name

pytestmark = [pytest.mark.gallery, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
GALLERY = ROOT / "build" / "gallery"


@pytest.mark.parametrize("scale", ["1", "1.5", "2"])
@pytest.mark.parametrize("state", STATES)
def test_every_page(state: str, scale: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.gallery", str(GALLERY), state, scale],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=890,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    if NOT_PAINTED in done.stderr:
        warnings.warn(done.stderr.strip(), stacklevel=1)
        pytest.skip(done.stderr.strip())
    folder = GALLERY / folder_name(state, scale)
    wanted = [
        f"{spec.key}-{theme}-{language}"
        for spec in PAGES
        for theme in ("dark", "light")
        for language in LANGUAGES
    ]
    wanted += [
        f"{spec.key}-{size.width()}x{size.height()}-{language}"
        for spec in PAGES
        for size in SIZES
        for language in LANGUAGES
    ]
    for name in wanted:
        image = QImage(str(folder / f"{name}.png"))
        assert not image.isNull(), name
        assert len(_colors(image)) > 20, f"{name} is blank"
    for path in folder.glob("*.png"):
        assert len(_colors(QImage(str(path)))) > 5, f"{path.stem} is blank"
    write_index()


def _colors(image: QImage) -> set[int]:
    small = image.scaled(160, 100)
    return {small.pixel(x, y) for x in range(160) for y in range(100)}


def write_index() -> None:
    """Write the page that shows all pictures there are."""
    parts = ["<!doctype html><meta charset='utf-8'><title>Signalbox gallery</title>"]
    parts.append("<style>img{width:420px;margin:4px;border:1px solid gray}</style>")
    for folder in sorted(path for path in GALLERY.iterdir() if path.is_dir()):
        parts.append(f"<h2>{folder.name}</h2>")
        parts += [
            f"<a href='{folder.name}/{path.name}'><img loading='lazy' title='{path.stem}' "
            f"src='{folder.name}/{path.name}'></a>"
            for path in sorted(folder.glob("*.png"))
        ]
    (GALLERY / "index.html").write_text("\n".join(parts), encoding="utf-8")
