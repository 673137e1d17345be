"""``--runtime``: the embeddable package from a path, as a file or a folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from installer import runtime
from installer.progress import BuildError
from installer.python312 import BuildPython

NEEDED = ("python312.dll", "python3.dll", "python312.zip", "python.exe")


@pytest.fixture
def python(tmp_path: Path) -> BuildPython:
    """No interpreter: what is given is used as it is."""
    return BuildPython("none", "3.12.0", tmp_path / "none")


def package(path: Path, names: tuple[str, ...] = (*NEEDED, "python312._pth")) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return path


def test_a_package_is_unpacked_and_named_in_the_manifest(
    tmp_path: Path, python: BuildPython, capsys: pytest.CaptureFixture[str]
) -> None:
    given = package(tmp_path / "python 测试.zip")
    origin = runtime.make(tmp_path / "runtime", given, python, "1.2")
    assert "python 测试.zip" in origin.text
    for name in NEEDED:
        assert (tmp_path / "runtime" / name).read_text() == name
    said = capsys.readouterr()
    assert "is not the pinned" in said.out + said.err


def test_ours_say_where_modules_are_looked_for(tmp_path: Path, python: BuildPython) -> None:
    runtime.make(tmp_path / "runtime", package(tmp_path / "p.zip"), python, "1.2")
    paths = (tmp_path / "runtime" / runtime.PATHS_FILE).read_text(encoding="utf-8")
    assert paths.splitlines() == list(runtime.PATHS)


def test_a_folder_is_copied_and_left_as_it_is(tmp_path: Path, python: BuildPython) -> None:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for name in NEEDED:
        (folder / name).write_text(name)
    runtime.make(tmp_path / "runtime", folder, python, "1.2")
    assert {path.name for path in folder.iterdir()} == set(NEEDED)
    assert {path.name for path in (tmp_path / "runtime").iterdir()} == {
        *NEEDED,
        runtime.PATHS_FILE,
    }


@pytest.mark.parametrize("lacking", NEEDED)
def test_what_a_package_lacks_is_named(tmp_path: Path, python: BuildPython, lacking: str) -> None:
    names = tuple(name for name in NEEDED if name != lacking)
    given = package(tmp_path / "p.zip", names)
    with pytest.raises(BuildError, match=rf"holds no {lacking}; wanted is the embeddable package"):
        runtime.make(tmp_path / "runtime", given, python, "1.2")


def test_a_path_that_is_not_there_is_named(tmp_path: Path, python: BuildPython) -> None:
    with pytest.raises(BuildError, match=r"--runtime: there is no .*gone\.zip"):
        runtime.make(tmp_path / "runtime", tmp_path / "gone.zip", python, "1.2")


def test_a_package_that_is_no_zip_file_is_told(tmp_path: Path, python: BuildPython) -> None:
    page = tmp_path / "page.zip"
    page.write_text("<html>please log in</html>")
    with pytest.raises(BuildError, match=r"page\.zip is no zip file"):
        runtime.make(tmp_path / "runtime", page, python, "1.2")
