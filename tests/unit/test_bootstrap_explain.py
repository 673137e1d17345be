"""What pip prints becomes a line of progress, and its failures become plain words."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.explain import explain
from bootstrap.pip_install import Progress

# As printed by pip 23.2 in each situation, shortened.
NO_NETWORK = """\
WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after \
connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object \
at 0x7f6>: Failed to establish a new connection: [Errno -3] Temporary failure in name \
resolution')': /simple/pyside6-essentials/
ERROR: Could not find a version that satisfies the requirement PySide6-Essentials>=6.8
ERROR: No matching distribution found for PySide6-Essentials<6.12,>=6.8
"""
DISK_FULL = """\
Installing collected packages: numpy, opencv-python
ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device
"""
NO_SUCH_PACKAGE = """\
ERROR: Could not find a version that satisfies the requirement opencv-python>=5.0 (from versions: \
none)
ERROR: No matching distribution found for opencv-python>=5.0
"""
CERTIFICATE = """\
Could not fetch URL https://pypi.org/simple/numpy/: There was a problem confirming the ssl \
certificate: HTTPSConnectionPool(host='pypi.org', port=443): Max retries exceeded with url: \
/simple/numpy/ (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] \
certificate verify failed: self-signed certificate in certificate chain'))) - skipping
"""
IN_USE = """\
ERROR: Could not install packages due to an OSError: [WinError 5] Access is denied: 'cv2.pyd'
Check the permissions.
"""


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (NO_NETWORK, "could not be reached"),
        (DISK_FULL, "disk is full"),
        (NO_SUCH_PACKAGE, "pip found no opencv-python>=5.0 for Python"),
        (CERTIFICATE, "PIP_CERT"),
        (IN_USE, "Close other programs"),
        ("ERROR: Something new\n", "ERROR: Something new"),
    ],
)
def test_a_failure_is_told_in_plain_words(output: str, words: str) -> None:
    assert words in explain(output, 1)


def test_being_killed_is_told() -> None:
    assert "signal 9" in explain("Collecting numpy\n", -9)


def test_progress_counts_what_was_found_and_fetched() -> None:
    progress = Progress(None)
    for line in (
        "Collecting numpy>=2.0\n",
        "  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.whl (16.6 MB)\n",
        "Collecting loguru>=0.7.3\n",
        "  Using cached loguru-0.7.3-py3-none-any.whl (61 kB)\n",
    ):
        progress.read(line)
    assert progress.text() == "fetching: 2 packages, 17 MB"


def test_progress_within_a_file_is_counted_once() -> None:
    progress = Progress(None)
    progress.read("  Downloading big.whl (80.0 MB)\n")
    before = progress.text()
    progress.read("Progress 40000000 of 80000000\n")
    assert progress.text() == "fetching: 0 packages, 40 MB"
    progress.read("Progress 80000000 of 80000000\n")
    assert progress.text() == before == "fetching: 0 packages, 80 MB"


def test_trouble_is_shown_until_it_is_over() -> None:
    progress = Progress(None)
    progress.read("WARNING: Retrying (Retry(total=4)) after connection broken\n")
    assert "trying again" in progress.text()
    progress.read("Collecting numpy\n")
    assert "trying again" not in progress.text()


def test_installing_counts_what_is_in_place(tmp_path: Path) -> None:
    (tmp_path / "pip-23.2.1.dist-info").mkdir()
    progress = Progress(tmp_path)
    progress.read("Installing collected packages: a, b, c\n")
    assert progress.text() == "installing: 0 of 3 packages"
    (tmp_path / "a-1.dist-info").mkdir()
    assert progress.text() == "installing: 1 of 3 packages"
