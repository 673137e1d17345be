"""Makes the environment, mends a half-made one, and brings its packages up to date."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bootstrap.environment import Environment, Stamp, running_minor
from bootstrap.lock import one_at_a_time
from bootstrap.messages import SetupError, say
from bootstrap.pip_install import install
from bootstrap.requirements import Requirement

NEEDED_MB = {False: 1000, True: 1400}
"""Room on the disk, without and with the test extra: the packages and pip's own copies."""
MB = 1_000_000
TRIAL_TIMEOUT_S = 30


def set_up(
    environment: Environment, requirements: Sequence[Requirement], *, with_tests: bool
) -> None:
    """Bring `environment` to hold what is required; on return it is ready.

    Raises:
        SetupError: it cannot be done here; the text says why and what to do.
    """
    if sys.maxsize < 2**32:
        raise SetupError(
            f"This is a 32-bit Python ({sys.executable}); the video and model libraries exist for\n"
            "64-bit ones only. Install the 64-bit Python from https://www.python.org/downloads/."
        )
    with one_at_a_time(environment.folder) as lock:
        if environment.is_ready(with_tests=with_tests) and not environment.is_current():
            return  # Another start has done it while this one waited.
        _make_or_update(environment, requirements, with_tests=with_tests, lock=lock)


def _make_or_update(
    environment: Environment,
    requirements: Sequence[Requirement],
    *,
    with_tests: bool,
    lock: int | None,
) -> None:
    before = environment.read_stamp()
    with_tests = with_tests or (before is not None and before.with_tests)
    rebuild_because = _why_rebuild(environment, before)
    what = "Signalbox and its tests" if with_tests else "Signalbox"
    if not environment.folder.exists():
        say(f"First start: setting up {what} in {environment.folder}.")
    elif rebuild_because:
        say(f"{environment.folder} {rebuild_because}: making it again.")
    else:
        say(f"Bringing {environment.folder} up to date for {what}.")
    _check_room(environment.folder, NEEDED_MB[with_tests])
    done = Stamp("ready", running_minor(), environment.required_hash(), with_tests)
    with _explained(environment.folder):
        if rebuild_because:
            before = None
            _remove(environment.folder)
            environment.folder.mkdir(parents=True)
        environment.write_stamp(Stamp("making", done.python, "", with_tests))
    if rebuild_because:
        _make(environment)
    try:
        install(environment, requirements, lock=lock)
    except SetupError:
        # pip ends an installation that fails with what was there before.
        with contextlib.suppress(OSError):
            if before is not None:
                environment.write_stamp(before)
            elif not rebuild_because:
                (environment.folder / "signalbox-setup.json").unlink()
        raise
    with _explained(environment.folder):
        environment.write_stamp(done)
    say("Set-up finished.\n")


def _why_rebuild(environment: Environment, stamp: Stamp | None) -> str | None:
    """Return what is wrong with the environment as it is, None if packages can go into it.

    Raises:
        SetupError: somebody else made it with a Python that is too old; it is theirs to remove.
    """
    folder = environment.folder
    if not folder.exists():
        return "is not there"
    if stamp is not None and stamp.state != "ready":
        return "was left half-made by a set-up that did not finish"
    if not environment.base_is_there():
        return "belongs to a Python that is no longer there"
    version = _try_python(environment)
    if version is None:
        return "is no working Python environment"
    if environment.pip_version() is None and not _has_module("pip"):
        return "has no pip to install packages with"
    if version < (3, 11):
        raise SetupError(
            f"{folder} was made with Python {version[0]}.{version[1]}; Signalbox needs 3.11 or\n"
            "newer. Delete the folder and start again with a newer Python."
        )
    if stamp is not None and stamp.python != f"{version[0]}.{version[1]}":
        return f"was made with Python {stamp.python}, which is now {version[0]}.{version[1]}"
    return None


def _try_python(environment: Environment) -> tuple[int, int] | None:
    """Return the version of its interpreter, None if it does not start."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        trial = subprocess.run(
            [environment.python, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            timeout=TRIAL_TIMEOUT_S,
        )
        major, minor = trial.stdout.split()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return int(major), int(minor)


def _make(environment: Environment) -> None:
    """Make the empty environment, with pip in it where this Python carries pip for it."""
    carries_pip = _has_module("venv") and _has_module("ensurepip")
    if not carries_pip and not (_has_module("venv") and _has_module("pip")):
        carries_pip = _install_debian_venv()
        if not carries_pip:
            raise SetupError(_no_venv_text())
    command = [_base_python(), "-m", "venv", str(environment.folder)]
    if not carries_pip:
        command.append("--without-pip")  # The pip beside it will do.
    trial = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")
    output = trial.stdout + trial.stderr
    environment.note(output)
    if trial.returncode:
        if "No space left" in output:
            raise SetupError(_no_room_text(environment.folder, NEEDED_MB[False]))
        if "ensurepip" in output:
            raise SetupError(_no_venv_text())
        raise SetupError(
            f"Python could not make an environment in {environment.folder}:\n"
            f"{output.strip()[-800:]}"
        )


def _base_python() -> str:
    """The interpreter outside any environment: this one may live in the folder to be replaced."""
    base: str | None = getattr(sys, "_base_executable", None)
    return base or sys.executable


def _install_debian_venv() -> bool:
    from bootstrap import debian

    if not debian.can_install():
        return False
    debian.install([f"python{running_minor()}-venv"])
    importlib.invalidate_caches()
    return _has_module("ensurepip")


def _has_module(name: str) -> bool:
    """Whether there is such a module, and not only an empty folder of that name."""
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.origin is not None


def _no_venv_text() -> str:
    from bootstrap import debian

    if debian.is_debian_like():
        return (
            f"This Python ({sys.executable}) comes without the parts that make environments\n"
            "(venv, ensurepip). On Debian and Ubuntu they are a package of their own:\n"
            f"    sudo apt-get install python{running_minor()}-venv\n"
            "Then start again."
        )
    return (
        f"This Python ({sys.executable}) comes without the parts that make environments\n"
        "(venv, ensurepip). Install your system's package for them, or the Python from\n"
        "https://www.python.org/downloads/, and start again."
    )


def _remove(folder: Path) -> None:
    if not folder.exists():
        return
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise SetupError(
            f"{folder} has to be made again but cannot be removed:\n{error}\n"
            "Close programs that run from it (another Signalbox?), or delete it by hand."
        ) from error


def _check_room(folder: Path, needed_mb: int) -> None:
    already = (folder / "pyvenv.cfg").exists()
    usage = shutil.disk_usage(_existing(folder))
    # A file system without a size (network, virtual) does not tell.
    if usage.total and usage.free < (needed_mb // 4 if already else needed_mb) * MB:
        raise SetupError(_no_room_text(folder, needed_mb))


def _existing(folder: Path) -> Path:
    """Return `folder` or the nearest of its parents that is there."""
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


def _no_room_text(folder: Path, needed_mb: int) -> str:
    free_mb = shutil.disk_usage(_existing(folder)).free // MB
    return (
        f"The disk is too full: set-up needs about {needed_mb} MB for {folder},\n"
        f"and {free_mb} MB are free there. Make room, or choose another place for it with the\n"
        "environment variable SIGNALBOX_VENV, and start again."
    )


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn a refusal to write into a message about the folder."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise SetupError(_no_room_text(folder, NEEDED_MB[False])) from error
        set_variable = "set SIGNALBOX_VENV=%LOCALAPPDATA%\\signalbox-venv"
        if os.name != "nt":
            set_variable = 'export SIGNALBOX_VENV="$HOME/.cache/signalbox-venv"'
        raise SetupError(
            f"Set-up cannot write to {folder}\n({error.strerror or error}).\n"
            "Copy Signalbox to a folder of yours and start it there, or have its packages put\n"
            f"elsewhere and start again:\n    {set_variable}"
        ) from error
