"""Compiles the launchers and, where it has to be made, ``python3.dll``."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from string import Template

from installer import tools
from installer.pe import exported_names
from installer.places import HERE, ICON

SOURCES = HERE / "launcher"
PYTHON_DLL = "python312.dll"


@dataclass(frozen=True)
class Launcher:
    """One executable that is built from ``launcher.c``.

    Attributes:
        path: in the installed program.
        kind: ``WINDOWED``, ``CONSOLE`` or ``PLAIN``, as the source explains.
        windowed: it gets no console.
        description: as Windows shows it in the task manager.
    """

    path: str
    kind: str
    windowed: bool
    description: str


PROGRAMS = (
    Launcher("Signalbox.exe", "WINDOWED", windowed=True, description="Signalbox"),
    Launcher("signalbox-cli.exe", "CONSOLE", windowed=False, description="Signalbox command line"),
)
INTERPRETERS = (
    Launcher("runtime/python.exe", "PLAIN", windowed=False, description="Python for Signalbox"),
    Launcher("runtime/pythonw.exe", "PLAIN", windowed=True, description="Python for Signalbox"),
)


def version_numbers(version: str) -> str:
    """Return a version as Windows' four numbers: ``0.2.0.dev1`` -> ``0,2,0,0``."""
    numbers = [part for part in version.split(".") if part.isdecimal()][:4]
    return ",".join([*numbers, "0", "0", "0", "0"][:4])


def build(launcher: Launcher, tree: Path, version: str) -> None:
    """Compile `launcher` into `tree`. The same sources give the same bytes.

    Raises:
        BuildError: MinGW-w64 is not there or fails.
    """
    target = tree / launcher.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        script, resource = Path(folder) / "launcher.rc", Path(folder) / "launcher.res"
        script.write_text(_resources(launcher, version), encoding="utf-8")
        tools.run([tools.find_mingw("windres"), "-O", "coff", "-i", script, "-o", resource])
        tools.run(
            [
                tools.find_mingw("gcc"),
                *("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-municode", "-s"),
                *(f"-D{launcher.kind}", f'-DPYTHON_DLL="{PYTHON_DLL}"'),
                f"-ffile-prefix-map={SOURCES}=launcher",
                *(("-mwindows",) if launcher.windowed else ()),
                *("-static-libgcc", "-Wl,--no-insert-timestamp", "-Wl,--nxcompat,--dynamicbase"),
                *(SOURCES / "launcher.c", resource, "-o", target),
            ]
        )


def _resources(launcher: Launcher, version: str) -> str:
    """Return the resource script: icon, manifest, version."""
    template = Template((SOURCES / "launcher.rc").read_text(encoding="utf-8"))
    return template.substitute(
        icon="" if launcher.kind == "PLAIN" else f'1 ICON "{ICON.as_posix()}"',
        manifest=(SOURCES / "launcher.manifest").as_posix(),
        numbers=version_numbers(version),
        version=version,
        name=Path(launcher.path).name,
        description=launcher.description,
    )


def build_forwarder(runtime: Path) -> None:
    """Make ``python3.dll``, which abi3 modules import: every name leads to the real DLL.

    Raises:
        BuildError: MinGW-w64 is not there or fails.
    """
    module = PYTHON_DLL.removesuffix(".dll")
    names = exported_names(runtime / PYTHON_DLL)
    lines = [f'"{name}" = "{module}.{name}"' for name in names]
    with tempfile.TemporaryDirectory() as folder:
        definition = Path(folder) / "python3.def"
        definition.write_text("\n".join(["LIBRARY python3.dll", "EXPORTS", *lines, ""]))
        tools.run(
            [
                tools.find_mingw("gcc"),
                *("-shared", "-nostdlib", "-s", "-Wl,--entry=0", "-Wl,--no-insert-timestamp"),
                # Else the linker makes the address of the output's path.
                "-Wl,--image-base=0x1d0000000",
                *("-o", runtime / "python3.dll", definition),
            ]
        )
