"""What every source gives: pictures, one after another."""

from __future__ import annotations

from typing import Protocol

from pipeline.detection.images import Picture
from pipeline.texts import Text


class SourceError(RuntimeError):
    """A camera that cannot be opened or gives no pictures; says why and what to check.

    Credentials of its address are gone from the text.
    """

    def __init__(self, text: Text) -> None:
        super().__init__(text)


class Reader(Protocol):
    """Gives the pictures of one source; belongs to one thread.

    Attributes:
        rate: pictures per second at which to play; None where the source sets the pace itself.
        is_live: whether pictures that are not read in time are gone; False for files.
        size: (width, height) in pixels, as far as known without taking a picture; else None.
        codec: four letters or a name, such as ``h264``; empty when it is not known.
        description: what was opened, for the log.
    """

    rate: float | None
    is_live: bool
    size: tuple[int, int] | None
    codec: str
    description: str

    def grab(self) -> bool:
        """Go on to the next picture; False at the end.

        Raises:
            SourceError: the source failed.
        """
        ...

    def retrieve(self) -> Picture:
        """Return the picture that was grabbed; only once.

        Apart from `grab`, since the way from a decoder's colours to BGR costs as much as decoding,
        and most pictures of a camera that nobody looks at are never wanted.

        Raises:
            SourceError: the source failed.
        """
        ...

    def read(self) -> Picture | None:
        """Return the next picture; None at the end.

        Raises:
            SourceError: the source failed.
        """
        ...

    def position_s(self) -> float | None:
        """Return the time of the picture that was grabbed in the source's own clock; None without one."""
        ...

    def rewind(self) -> None:
        """Go back to the first picture. Only where `is_live` is False.

        Raises:
            SourceError: that is not possible.
        """
        ...

    def close(self) -> None: ...
