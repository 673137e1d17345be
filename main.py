"""Starts Signalbox: the window, or one command of it.

Kept in a syntax that every Python can read, so that one that is too old is told so.
"""

import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        "Signalbox needs Python 3.11 or newer; this is Python %d.%d (%s).\n"
        "Install a newer one from https://www.python.org/downloads/ and start with it, such as\n"
        "    python3.11 main.py        (Windows: py -3.11 main.py)\n"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
    sys.exit(2)

from bootstrap import main

if __name__ == "__main__":
    sys.exit(main())
