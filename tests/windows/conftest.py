"""The stage that builds the installer and tries it under Wine: ``-m windows tests/windows``.

Only then: any other choice of tests leaves this folder out, for it takes minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer import nsis_build, tools
from installer.signing import Signer
from pipeline import __version__
from tests.windows.wine import TOLD, Overlay, Wine, missing_programs, screen, tell

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "windows"
KEPT = BUILD / "seen"
"""Pictures and figures of the last run, for looking at."""

NEEDED = (
    "wine",
    "wineserver",
    "Xvfb",
    "makensis",
    "x86_64-w64-mingw32-gcc",
    "osslsigncode",
    "openssl",
)
SIZES = "sizes.txt"
"""Among them: sizes, and the times of installing and starting."""

SHELL_CALLS = "shell-calls.txt"
"""Among them: what Wine says of the newest installation's calls that it lacks."""

PROGRAM = "C:\\测试 é\\Signalbox"
UPGRADE_VERSION = "99.0.0"
LEFT_OUT = "qasync/__init__.py"
"""Of the upgrade, to see that an old library does not stay."""

BUILD_TIMEOUT_S = 900.0

BUILT_VARIABLE = "SIGNALBOX_BUILT"
"""Environment variable: a `dist` folder that is tried instead of building one."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if "windows" in str(config.option.markexpr):
        return None
    return collection_path.parent == Path(__file__).parent or None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for text in TOLD:
        terminalreporter.write_line(f"##### {text}", red=True)


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    missing = missing_programs(NEEDED)
    if missing:
        text = f"NOT TRIED UNDER WINE: missing here: {', '.join(missing)}"
        tell(text)
        pytest.skip(text)
    KEPT.mkdir(parents=True, exist_ok=True)


def build(*arguments: str) -> str:
    """Run the build as a person would; return what it said."""
    done = subprocess.run(
        [sys.executable, "installer/build.py", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=BUILD_TIMEOUT_S,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="session")
def installer() -> Path:
    """Build the installer; its tree lies beside it."""
    name = f"Signalbox-Setup-{__version__}.exe"
    if built := os.environ.get(BUILT_VARIABLE):
        return Path(built).resolve() / name
    output = BUILD / "dist"
    said = build("--output", str(output))
    (KEPT / "build.txt").write_text(said, encoding="utf-8")
    return output / name


@pytest.fixture(scope="session")
def tree(installer: Path) -> Path:
    """The folder that the installer holds."""
    return installer.parent / "Signalbox"


@pytest.fixture(scope="session")
def second_tree(tree: Path) -> Path:
    """The same, built again elsewhere."""
    output = BUILD / "again"
    build("--output", str(output), "--tree-only")
    return output / tree.name


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """Make a self-signed code-signing certificate with a password."""
    folder = tmp_path_factory.mktemp("certificate")
    password = folder / "password"
    password.write_text("geheim", encoding="ascii")
    key, plain, pfx = folder / "key.pem", folder / "cert.pem", folder / "sign.pfx"
    subject = ["-subj", "/CN=Signalbox test", "-addext", "extendedKeyUsage=codeSigning"]
    openssl: list[str | Path] = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        *subject,
    ]
    tools.run([*openssl, "-keyout", key, "-out", plain])
    export: list[str | Path] = [
        "openssl",
        "pkcs12",
        "-export",
        "-inkey",
        key,
        "-in",
        plain,
        "-out",
        pfx,
    ]
    tools.run([*export, "-passout", f"file:{password}"])
    return Signer(pfx=str(pfx), password_file=str(password))


@pytest.fixture(scope="session")
def upgrade(second_tree: Path, certificate: Signer) -> Path:
    """Make a signed installer of a later version that lacks one library."""
    (second_tree / "runtime" / "Lib" / "site-packages" / LEFT_OUT).unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNALBOX_SIGN_PFX", certificate.pfx)
        patch.setenv("SIGNALBOX_SIGN_PASSWORD_FILE", certificate.password_file)
        return nsis_build.make(second_tree, BUILD, UPGRADE_VERSION, "zlib", certificate)


@pytest.fixture(scope="session")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wine]:
    """Windows, with a screen."""
    with screen() as display:
        machine = Wine(tmp_path_factory.mktemp("wine") / "prefix", display)
        machine.make()
        yield machine
        machine.kill_all()


def note_figure(text: str) -> None:
    """Add a line to what was measured in this run."""
    with (KEPT / SIZES).open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def install(wine: Wine, installer: Path, *switches: str, into: str = PROGRAM) -> tuple[int, str]:
    """Install silently; return the exit code and what the log says."""
    # As typed after /D=: without quotes, which Wine would put around a space.
    words = f"/D={into}".split(" ")
    done = wine.run(str(installer), "/S", *switches, *words, timeout_s=300, debug="fixme+shell")
    (KEPT / SHELL_CALLS).write_text(done.output, encoding="utf-8")
    return done.code, wine.temp_log()


@pytest.fixture(scope="session")
def program(wine: Wine, installer: Path) -> Path:
    """The installed program's folder on this machine."""
    began_s = time.monotonic()
    assert install(wine, installer) == (0, "")
    note_figure(f"installed silently in {time.monotonic() - began_s:.1f} s")
    return wine.place(PROGRAM)


@pytest.fixture(scope="session")
def overlay(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Overlay:
    """What makes the installed program run under Wine; not in force yet."""
    return Overlay(program, tmp_path_factory.mktemp("aside") / "aside")


@pytest.fixture(scope="module")
def runnable(overlay: Overlay) -> Iterator[None]:
    """While a module's tests run, the installed program can run under Wine."""
    overlay.put()
    yield
    overlay.take_back()
