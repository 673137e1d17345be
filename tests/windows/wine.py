"""A Windows of its own for a test session: a Wine prefix, a screen, and what Wine lacks.

What is put in here for Wine's sake (stub libraries, an older NumPy) stays in the rig; the installer
has none of it, and a test proves that.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer import lockfile, tools
from installer.places import CACHE
from tests.windows import fonts

HERE = Path(__file__).resolve().parent
STUBS = ("icuuc", "mscms", "bcryptprimitives")
OVERLAY_LOCK = HERE / "rig-win_amd64.lock"
START_TIMEOUT_S = 120.0
LOOK_EVERY_S = 0.2


@dataclass(frozen=True)
class Done:
    """How a Windows program ended."""

    code: int
    output: str


class Wine:
    """A Wine prefix with Windows 10's face.

    Args:
        user: whose Windows it is; empty for the name of this machine's user.

    Attributes:
        prefix: its folder.
        drive: what Windows calls ``C:``.
    """

    def __init__(self, prefix: Path, display: str, *, user: str = "") -> None:
        self.prefix = prefix
        self.drive = prefix / "drive_c"
        self._environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "WINEPREFIX": str(prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": f"{','.join(STUBS)}=n;winemenubuilder.exe=d",
            "DISPLAY": display,
            # Else Wine cannot tell a Chinese file name.
            "LC_ALL": "C.UTF-8",
            **({"USER": user} if user else {}),
        }

    def make(self) -> None:
        """Set the prefix up, stub libraries included."""
        self.prefix.mkdir(parents=True)
        self.run("wineboot", "-i", timeout_s=START_TIMEOUT_S)
        self.run("winecfg", "-v", "win10", timeout_s=START_TIMEOUT_S)
        self._map_fonts()
        self.wait_for_all()
        self._keep_out_of_home()
        system = self.drive / "windows" / "system32"
        for name in STUBS:
            target = system / f"{name}.dll"
            target.unlink(missing_ok=True)
            flags = (
                ["-lbcrypt", "-ladvapi32"]
                if name == "bcryptprimitives"
                else ["-nostdlib", "-Wl,--entry=0"]
            )
            source = HERE / "stubs" / f"{name}.c"
            gcc = tools.find_mingw("gcc")
            tools.run([gcc, "-shared", "-O2", "-s", "-o", target, source, *flags])

    def _map_fonts(self) -> None:
        """Have texts look as they do in Windows: Chinese ones readable, none with serifs."""
        if not fonts.is_there():
            print(
                f"\n##### {fonts.FONT} is missing here: Chinese texts are boxes",
                file=sys.__stderr__,
            )
            return
        names = self.drive / "fonts.reg"
        names.write_text(fonts.registry_file(), encoding="utf-16", newline="")
        self.run("regedit", "/S", "C:\\fonts.reg", timeout_s=START_TIMEOUT_S)
        names.unlink()

    def _keep_out_of_home(self) -> None:
        """Make the user's folders real ones: Wine links them to those of this machine's user."""
        for link in (self.drive / "users").glob("*/*"):
            if link.is_symlink():
                link.unlink()
                link.mkdir()

    def start(
        self, program: str, *arguments: str, home: str = "", debug: str = ""
    ) -> subprocess.Popen[str]:
        """Start a program of the prefix; what it prints goes into a pipe.

        Args:
            program: a Windows path, or the name of one of Wine's.
            arguments: Wine quotes those that hold a space.
            home: ``SIGNALBOX_HOME`` for it; empty for the usual folders.
            debug: what Wine tells of it beside what it prints, as in ``WINEDEBUG``.
        """
        environment = self._environment | ({"SIGNALBOX_HOME": home} if home else {})
        if debug:
            environment["WINEDEBUG"] = f"-all,{debug}"
        return subprocess.Popen(
            ["wine", program, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    def run(
        self, program: str, *arguments: str, timeout_s: float, home: str = "", debug: str = ""
    ) -> Done:
        """Run a program to its end; killed, and a failure, after `timeout_s`."""
        process = self.start(program, *arguments, home=home, debug=debug)
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self.kill_all()
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            raise AssertionError(f"{program} ran longer than {timeout_s:.0f} s: {output}") from None
        return Done(process.returncode, output)

    def kill_all(self) -> None:
        """Kill every program of this prefix, as a power cut would."""
        subprocess.run(["wineserver", "-k"], env=self._environment, check=False, timeout=60)

    def wait_for_all(self) -> None:
        """Wait until every program of this prefix has ended."""
        subprocess.run(["wineserver", "-w"], env=self._environment, check=False, timeout=120)

    def place(self, path: str) -> Path:
        """Return where a Windows path on ``C:`` is."""
        return self.drive.joinpath(*path.removeprefix("C:\\").split("\\"))

    def registry(self, key: str) -> dict[str, str]:
        """Return the values of a key by name, numbers in hexadecimal; empty without such a key."""
        target = self.drive / "exported.reg"
        target.unlink(missing_ok=True)
        # Not `reg query`: what that prints has only the letters of one code page.
        self.run("reg", "export", key, "C:\\exported.reg", "/y", timeout_s=60)
        text = target.read_text(encoding="utf-16") if target.exists() else ""
        rows = re.findall(r'^"([^"]+)"=(?:"(.*)"|dword:([0-9a-f]+))$', text, re.MULTILINE)
        return {name: number or _unescaped(words) for name, words, number in rows}

    def temp_log(self) -> str:
        """Return what the installer left in its log, all of it."""
        logs = list((self.drive / "users").rglob("Signalbox-Setup.log"))
        return "\n".join(log.read_text(encoding="utf-16") for log in logs)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def windows_path(path: Path) -> str:
    """Return how a program under Wine names a file of this machine."""
    return "Z:" + str(path).replace("/", "\\")


def wait_until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Wait for a condition.

    Raises:
        AssertionError: it did not come true in time.
    """
    until_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until_s, f"{what}: not within {timeout_s:.0f} s"
        time.sleep(LOOK_EVERY_S)


class Overlay:
    """What an installed program needs changed to run under Wine; taken back before it is judged."""

    def __init__(self, program: Path, aside: Path) -> None:
        self._runtime = program / "runtime"
        self._site = self._runtime / "Lib" / "site-packages"
        self._aside = aside
        self._moved = (self._site / "numpy", self._site / "numpy.libs", self._runtime / "_wmi.pyd")

    def put(self) -> None:
        """Use a NumPy whose imports Wine has, and have `platform` not ask for WMI."""
        self._aside.mkdir(parents=True)
        for path in self._moved:
            shutil.move(path, self._aside / path.name)
        (wheel,) = lockfile.fetch(OVERLAY_LOCK, CACHE).values()
        with zipfile.ZipFile(wheel) as archive:
            names = [
                name for name in archive.namelist() if name.startswith(("numpy/", "numpy.libs/"))
            ]
            archive.extractall(self._site, names)

    def take_back(self) -> None:
        """Put everything back as it was installed."""
        for path in self._moved:
            if path.is_dir():
                shutil.rmtree(path)
            shutil.move(self._aside / path.name, path)
        self._aside.rmdir()


@contextlib.contextmanager
def screen(size: str = "1600x1000x24") -> Iterator[str]:
    """Run an X server without a monitor; yields its display."""
    read, write = os.pipe()
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"],
        pass_fds=[write],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def missing_programs(names: Sequence[str]) -> list[str]:
    """Return those of the programs that are not on this machine."""
    return [name for name in names if shutil.which(name) is None]
