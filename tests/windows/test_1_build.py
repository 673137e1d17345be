"""The build: what is in the installer, what is not, and that it comes out the same twice."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from installer import manifest, pe
from installer.lockfile import sha256_of
from installer.places import CACHE, SHIPPED_PARTS
from pipeline import __version__
from tests.support.bill import bill_errors
from tests.windows.conftest import KEPT, ROOT, SIZES, build
from tests.windows.wine import HERE, STUBS, at_most

pytestmark = [pytest.mark.windows, at_most(1800)]

MOST_INSTALLED_MB = 420
MOST_INSTALLER_MB = 120


def test_it_is_small_enough(installer: Path, tree: Path) -> None:
    content = manifest.read_manifest(tree)
    sizes: dict[str, int] = {}
    for name, entry in content["files"].items():
        parts = name.split("/")
        part = "/".join(parts[:4]) if "site-packages" in parts else parts[0]
        sizes[part] = sizes.get(part, 0) + entry["size"]
    largest = sorted(sizes.items(), key=lambda item: -item[1])
    lines = [f"{size / 1e6:8.1f} MB  {part}" for part, size in largest[:20]]
    figures = f"installer {installer.stat().st_size / 1e6:.1f} MB, installed {content['size'] / 1e6:.1f} MB, {len(content['files'])} files"
    (KEPT / SIZES).write_text("\n".join([figures, *lines, ""]), encoding="utf-8")
    print(figures)
    assert content["size"] < MOST_INSTALLED_MB * 1e6
    assert installer.stat().st_size < MOST_INSTALLER_MB * 1e6


def test_the_checksum_beside_it_is_right(installer: Path) -> None:
    line = installer.with_name(f"{installer.name}.sha256").read_text(encoding="ascii")
    assert line == f"{sha256_of(installer)}  {installer.name}\n"


def test_the_manifest_names_every_file_and_its_hash(tree: Path) -> None:
    listed = manifest.read_manifest(tree)["files"]
    there = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    assert there == {*listed, manifest.MANIFEST_NAME}
    for name in ("Signalbox.exe", "runtime/python312.dll", "app/main.py", manifest.SBOM_NAME):
        assert sha256_of(tree / name) == listed[name]["sha256"]


def test_the_same_inputs_give_the_same_files(tree: Path, second_tree: Path) -> None:
    first, second = (manifest.read_manifest(folder)["files"] for folder in (tree, second_tree))
    different = {name for name in {*first, *second} if first.get(name) != second.get(name)}
    assert not different


def test_every_library_has_its_licence_and_its_line_in_the_bill(tree: Path) -> None:
    libraries = manifest.read_manifest(tree)["libraries"]
    text = (tree / manifest.SBOM_NAME).read_text(encoding="utf-8")
    assert bill_errors(text) is None
    bill = json.loads(text)
    assert len(libraries) > 30
    named = {part["name"] for part in bill["components"]}
    assert named == {"CPython", *(library["name"] for library in libraries)}
    silent = [library["name"] for library in libraries if not library["licence"]]
    assert not silent
    for library in libraries:
        for text in library["licence_files"]:
            assert (tree / text).stat().st_size > 0, text
    assert (tree / "licences" / "CPython-LICENSE.txt").is_file()


def test_nothing_of_the_wine_rig_is_shipped(tree: Path) -> None:
    names = {path.name.lower() for path in tree.rglob("*")}
    assert not {f"{stub}.dll" for stub in STUBS} & names
    version = (tree / "runtime/Lib/site-packages/numpy/version.py").read_text(encoding="utf-8")
    rig = (HERE / "rig-win_amd64.lock").read_text(encoding="utf-8")
    assert re.search(r"numpy==(\S+)", rig)[1] not in version  # type: ignore[index]
    assert (tree / "runtime" / "_wmi.pyd").is_file()
    assert not list(tree.rglob("conftest.py"))


def test_no_path_of_this_machine_is_inside(tree: Path) -> None:
    own = [str(ROOT), str(Path.home()), str(CACHE), "\\".join(ROOT.parts[1:])]
    found = [
        f"{path.relative_to(tree)}: {text}"
        for path in tree.rglob("*")
        if path.is_file()
        for content in [path.read_bytes()]
        for text in own
        if text not in ("/", "/root") and text.encode() in content
    ]
    assert not found


def test_the_launchers_carry_icon_version_and_manifest(tree: Path) -> None:
    version = manifest.read_manifest(tree)["version"]
    for name in ("Signalbox.exe", "signalbox-cli.exe"):
        content = (tree / name).read_bytes()
        assert b"<longPathAware" in content
        assert b"PerMonitorV2" in content
        assert version.encode("utf-16-le") in content
        assert b"\x89PNG" in content, "no icon"
    assert b"\x89PNG" not in (tree / "runtime" / "python.exe").read_bytes()


def test_the_installer_tells_its_version_and_which_windows_it_knows(installer: Path) -> None:
    content = installer.read_bytes()
    for text in ("Signalbox Setup", "FileVersion", __version__):
        assert text.encode("utf-16-le") in content
    assert b"<dpiAware " in content
    assert b"8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a" in content, "Windows 10 and 11"


def test_everything_that_is_imported_is_there(tree: Path) -> None:
    assert pe.unresolved(tree) == []
    dropped = tree / "runtime" / "msvcp140.dll"
    aside = dropped.rename(tree / "runtime" / "msvcp140.aside")
    try:
        assert any("needs msvcp140.dll" in line for line in pe.unresolved(tree))
    finally:
        aside.rename(dropped)


def test_what_is_shipped_of_the_checkout(tree: Path) -> None:
    there = {path.name for path in (tree / "app").iterdir()} - {"__pycache__"}
    assert there == set(SHIPPED_PARTS)
    sources = list((tree / "app").rglob("*.py"))
    assert len(sources) > 200
    for source in sources:
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-312.pyc"
        assert compiled.is_file(), source


def test_a_runtime_of_ones_own_gives_the_same_program(tree: Path, tmp_path: Path) -> None:
    """The path that a release takes, with a package made of the runtime that is there."""
    package = tmp_path / "python-embed.zip"
    own = tree / "runtime"
    with zipfile.ZipFile(package, "w") as archive:
        for path in sorted(own.iterdir()):
            if path.is_file():
                archive.write(path, path.name)
    said = build("--runtime", str(package), "--output", str(tmp_path / "out"), "--tree-only")
    assert "CPython's embeddable package python-embed.zip" in said
    made = manifest.read_manifest(tmp_path / "out" / tree.name)
    before = manifest.read_manifest(tree)
    named = "runtime/python"
    assert {name for name in made["files"] if name.startswith(named)} == {
        name for name in before["files"] if name.startswith(named)
    }
    different = {
        name
        for name in {*made["files"], *before["files"]}
        if made["files"].get(name) != before["files"].get(name)
    }
    # The bill says where the runtime came from; all else is the same.
    assert different == {manifest.SBOM_NAME}
