"""Assembles the folder that is installed: launchers, runtime, libraries, the program itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from installer import launchers, lockfile, manifest, pe, python312, runtime, wheels
from installer.compile_ahead import compile_tree
from installer.places import CACHE, LOCK, ROOT, SHIPPED_PARTS
from installer.progress import BuildError, megabytes, note, step
from installer.signing import Signer

SITE_PACKAGES = "runtime/Lib/site-packages"


def assemble(tree: Path, version: str, given_runtime: Path | None, signer: Signer) -> None:
    """Make the folder `tree` anew. The same inputs give the same files, byte for byte.

    Args:
        tree: what was there before is removed.
        version: of Signalbox.
        given_runtime: CPython's embeddable package; None to find one.
        signer: signs the launchers.

    Raises:
        BuildError: something is missing or does not fit; says what to do.
    """
    if tree.exists():
        shutil.rmtree(tree)
    tree.mkdir(parents=True)
    python = python312.find()
    site_packages = tree / SITE_PACKAGES

    step("CPython")
    origin = runtime.make(tree / "runtime", given_runtime, python, version)
    note(origin.text)
    step("libraries")
    found = lockfile.fetch(LOCK, CACHE)
    wheels.unpack_all(found, site_packages)
    wheels.take_msvc_libraries(found["shiboken6"], tree / "runtime")
    libraries = manifest.gather_libraries(
        site_packages, tree / manifest.LICENCES, lockfile.read_lock(LOCK)
    )
    step("Signalbox")
    copy_program(tree / "app")
    _program_licences(tree, python)
    for launcher in launchers.PROGRAMS:
        launchers.build(launcher, tree, version)
        signer.sign(tree / launcher.path)
    step("byte code")
    compile_tree(python, tree, [SITE_PACKAGES, "app"])
    _remove_empty_folders(tree)
    step("checks")
    if lacking := pe.unresolved(tree):
        raise BuildError(
            "libraries are missing (installer/prune.py drops what is needed, or "
            "installer/pe.py does not know a part of Windows):\n" + "\n".join(lacking)
        )
    manifest.write_sbom(tree, version, origin, libraries)
    manifest.write_manifest(tree, version, origin, libraries)
    content = manifest.read_manifest(tree)
    note(f"{len(content['files'])} files, {megabytes(content['size'])}")


def copy_program(target: Path) -> None:
    """Copy what is shipped of the checkout; only what git knows, where this is a git checkout."""
    for name in _program_files():
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, place)


def _program_files() -> list[str]:
    asked = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run([*asked, "--", *SHIPPED_PARTS], capture_output=True, check=True)
        names = done.stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        paths = [ROOT / part for part in SHIPPED_PARTS]
        files = [path for part in paths for path in ([part] if part.is_file() else part.rglob("*"))]
        names = [path.relative_to(ROOT).as_posix() for path in files if path.is_file()]
    return sorted(
        name
        for name in names
        if name and (ROOT / name).is_file() and "__pycache__" not in name
        if not name.endswith((".pyc", ".ts"))
    )


def _program_licences(tree: Path, python: python312.BuildPython) -> None:
    """Signalbox' own licence, and CPython's, whose package carries it under its usual name."""
    licences = tree / manifest.LICENCES
    shutil.copyfile(ROOT / "LICENSE", licences / "Signalbox-LICENSE.txt")
    shipped = tree / "runtime" / "LICENSE.txt"
    source = shipped if shipped.is_file() else python.standard_library / "LICENSE.txt"
    if source.is_file():
        shutil.copyfile(source, licences / "CPython-LICENSE.txt")


def _remove_empty_folders(tree: Path) -> None:
    for folder in sorted((path for path in tree.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
