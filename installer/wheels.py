"""Unpacks wheels into ``site-packages``: what is pruned never touches the disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from installer.progress import BuildError, tracked
from installer.prune import LEFT_OUT_PACKAGES, MSVC_LIBRARIES, is_shipped


def unpack_all(wheels: dict[str, Path], site_packages: Path) -> None:
    """Unpack the wheels, by their normalised name, that are shipped.

    Raises:
        BuildError: a wheel is damaged, or two of them hold the same file with different content.
    """
    shipped = [path for name, path in sorted(wheels.items()) if name not in LEFT_OUT_PACKAGES]
    for wheel in tracked(shipped, len(shipped), "unpacked"):
        try:
            unpack(wheel, site_packages)
        except zipfile.BadZipFile as error:
            raise BuildError(f"{wheel} is damaged ({error}); delete it and start again.") from error


def unpack(wheel: Path, site_packages: Path) -> None:
    """Unpack one wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            if info.is_dir() or not is_shipped(info.filename):
                continue
            _write(site_packages / _place(info.filename), archive.read(info), wheel)


def _place(name: str) -> PurePosixPath:
    """Return where a file of a wheel belongs below site-packages."""
    path = PurePosixPath(name)
    if ".." in path.parts or path.is_absolute():
        raise BuildError(f"a wheel wants to write outside of its folder: {name}")
    # `x-1.data/purelib/...` and `platlib` mean site-packages itself.
    if path.parts[0].endswith(".data") and path.parts[1] in ("purelib", "platlib"):
        return PurePosixPath(*path.parts[2:])
    return path


def _write(path: Path, content: bytes, wheel: Path) -> None:
    if path.exists() and path.read_bytes() != content:
        raise BuildError(f"{wheel.name} has another {path.name} than a wheel before it ({path})")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def take_msvc_libraries(shiboken: Path, runtime: Path) -> None:
    """Put Microsoft's C++ run time, from the wheel of shiboken6, beside Python's own files.

    It replaces the older ones of Python: Qt needs the newer, and those serve what needs the older.
    """
    with zipfile.ZipFile(shiboken) as archive:
        for name in archive.namelist():
            found = MSVC_LIBRARIES.fullmatch(name)
            if found is None:
                continue
            for older in runtime.iterdir():
                if older.name.lower() == found[1]:
                    older.unlink()
            (runtime / found[1]).write_bytes(archive.read(name))


def dist_infos(site_packages: Path) -> Iterable[Path]:
    """Return the metadata folders of what was unpacked, sorted."""
    return sorted(site_packages.glob("*.dist-info"))
