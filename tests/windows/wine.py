"""A Windows of its own for a test session: a Wine prefix, a screen, and what Wine lacks.

What is put in here for Wine's sake (stub libraries, an older NumPy) stays in the rig; the installer
has none of it, and a test proves that.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from installer import lockfile, tools
from installer.places import CACHE
from tests.windows import fonts

HERE = Path(__file__).resolve().parent
STUBS = ("icuuc", "mscms", "bcryptprimitives")
OVERLAY_LOCK = HERE / "rig-win_amd64.lock"
START_TIMEOUT_S = 120.0
KILL_TIMEOUT_S = 30.0
LAST_WORDS_S = 2.0
"""So long what an ended program printed may be on its way."""
SCREEN_TIMEOUT_S = 60.0
LOOK_EVERY_S = 0.2

TOLD: list[str] = []
"""What was told in this run (`tell`)."""


@dataclass(frozen=True)
class Done:
    """How a Windows program ended."""

    code: int
    output: str


class Program:
    """A program that was started in a prefix.

    What it prints goes through a pipe (Python cannot print into a file under Wine) that another
    process empties all the time into a file. So nothing waits for a pipe that is full, or that stays
    open as long as anything that Wine started on the way.

    Args:
        wine: the prefix.
        words: the program and its arguments.
        environment: all of its variables.
    """

    def __init__(self, wine: Wine, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self._wine = wine
        self._words = words
        number, name = tempfile.mkstemp(".txt", "said-", wine.prefix.parent)
        self._said = Path(name)
        self._emptier = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=number)
        os.close(number)
        assert self._emptier.stdin is not None
        with self._emptier.stdin as pipe:
            self._process = subprocess.Popen(
                ["wine", *words],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=pipe,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet; if it has, its last words are there."""
        if self._process.poll() is None:
            return True
        self._hear_last_words()
        return False

    @property
    def output(self) -> str:
        """What it printed until now, with the line ends of this machine."""
        return self._said.read_text(encoding="utf-8", errors="replace")

    def wait(self, timeout_s: float) -> Done:
        """Wait until it ends.

        Raises:
            AssertionError: it has not in time; with what ran then. All that did was killed.
        """
        try:
            code = self._process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            running = self._wine.running()
            self._wine.kill_all()
            self.kill()
            text = f"{self._words[0]} ran longer than {timeout_s:.0f} s: {self.output}"
            raise AssertionError(f"{text}\n{running}") from None
        self._hear_last_words()
        return Done(code, self.output)

    def kill(self) -> None:
        """Kill it, if it still runs, and hear nothing more of what it started."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._emptier.kill()
        for process in (self._process, self._emptier):
            process.wait(timeout=KILL_TIMEOUT_S)

    def _hear_last_words(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._emptier.wait(timeout=LAST_WORDS_S)


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
            tell(f"{fonts.FONT} is missing here: Chinese texts are boxes")
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

    def start(self, program: str, *arguments: str, home: str = "", debug: str = "") -> Program:
        """Start a program of the prefix.

        Args:
            program: a Windows path, or the name of one of Wine's.
            arguments: Wine quotes those that hold a space.
            home: ``SIGNALBOX_HOME`` for it; empty for the usual folders.
            debug: what Wine tells of it beside what it prints, as in ``WINEDEBUG``.
        """
        environment = self._environment | ({"SIGNALBOX_HOME": home} if home else {})
        if debug:
            environment["WINEDEBUG"] = f"-all,{debug}"
        return Program(self, [program, *arguments], environment)

    def run(
        self, program: str, *arguments: str, timeout_s: float, home: str = "", debug: str = ""
    ) -> Done:
        """Run a program to its end; everything is killed, and a failure, after `timeout_s`."""
        started = self.start(program, *arguments, home=home, debug=debug)
        try:
            return started.wait(timeout_s)
        finally:
            started.kill()

    def processes(self) -> list[psutil.Process]:
        """Return every process of this prefix; Wine's own, too, holds what they open."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("WINEPREFIX") == str(self.prefix):
                    found.append(process)
        return found

    def kill_all(self) -> None:
        """Kill every program of this prefix, as a power cut would."""
        try:
            self._server("-k", timeout_s=30)
        except subprocess.TimeoutExpired:
            tell("Wine's server does not end what runs; killed one by one")
            for process in self.processes():
                with contextlib.suppress(psutil.Error):
                    process.kill()

    def wait_for_all(self) -> None:
        """Wait until every program of this prefix has ended.

        Raises:
            AssertionError: some have not within two minutes; they are named, and killed.
        """
        try:
            self._server("-w", timeout_s=120)
        except subprocess.TimeoutExpired:
            left = self.running()
            self.kill_all()
            raise AssertionError(f"still running after 120 s:\n{left}") from None

    def running(self) -> str:
        """Return what runs in this prefix, a line for each process: number, state, words."""
        lines = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                lines.append(f"{process.pid} {process.status()} {' '.join(process.cmdline())}")
        return "\n".join(lines)

    def _server(self, switch: str, *, timeout_s: float) -> None:
        subprocess.run(
            ["wineserver", switch], env=self._environment, check=False, timeout=timeout_s
        )

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


def at_most(seconds: int) -> pytest.MarkDecorator:
    """Mark tests that may take so long.

    One that takes longer fails by itself and says where; those after it are run all the same.
    """
    return pytest.mark.timeout(seconds, method="signal")


def tell(text: str) -> None:
    """Say something that must be seen, whatever becomes of the test: now, and at the end."""
    TOLD.append(text)
    print(f"\n##### {text}", file=sys.__stderr__, flush=True)


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
            ready, _, _ = select.select([pipe], [], [], SCREEN_TIMEOUT_S)
            number = pipe.readline().strip() if ready else ""
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=KILL_TIMEOUT_S)


def missing_programs(names: Sequence[str]) -> list[str]:
    """Return those of the programs that are not on this machine."""
    return [name for name in names if shutil.which(name) is None]
