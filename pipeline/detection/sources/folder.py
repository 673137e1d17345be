"""A folder of pictures, played like a slow film."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from loguru import logger

from pipeline.detection.images import ImageError, Picture, read_image
from pipeline.detection.source_kinds import PICTURE_SUFFIXES
from pipeline.detection.sources.reader import SourceError
from pipeline.texts import cause_of, say, words_of

PICTURES_PER_S: Final = 1.0
"""How quickly a folder of pictures is played."""


class FolderReader:
    """The pictures of a folder, by name, at a slow pace."""

    is_live = False
    size: tuple[int, int] | None = None
    codec = ""

    def __init__(self, folder: Path) -> None:
        """List the pictures.

        Raises:
            SourceError: there is none, or the folder cannot be read.
        """
        try:
            names = sorted(
                path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES
            )
        except OSError as error:
            raise SourceError(
                say("{path} cannot be read: {error}", path=folder, error=cause_of(error))
            ) from error
        if not names:
            raise SourceError(say("{path} holds no pictures (JPEG, PNG, BMP, WebP)", path=folder))
        self._folder = folder
        self._pictures: Sequence[Path] = names
        self._position = 0
        self._picture: Picture | None = None
        self._broken: set[Path] = set()
        self.rate: float | None = PICTURES_PER_S
        self.description = f"{folder.name}: {len(names)} pictures"

    def grab(self) -> bool:
        """Go on to the next picture that can be read; False after the last.

        One that is damaged is passed over and told of once: it must not hold up those after it.

        Raises:
            SourceError: no file is a picture that can be read.
        """
        while self._position < len(self._pictures):
            path = self._pictures[self._position]
            self._position += 1
            try:
                self._picture = read_image(path)
            except (ImageError, OSError) as error:
                self._pass_over(path, error)
            else:
                self._broken.discard(path)
                return True
        return False

    def _pass_over(self, path: Path, error: Exception) -> None:
        if path not in self._broken:
            self._broken.add(path)
            logger.warning("folder {}: {}; it is passed over", self._folder.name, words_of(error))
        if len(self._broken) == len(self._pictures):
            raise SourceError(
                say(
                    "none of the {count} pictures in {path} can be read, such as: {error}",
                    count=len(self._pictures),
                    path=self._folder,
                    error=words_of(error),
                )
            ) from error

    def retrieve(self) -> Picture:
        """Return the picture that was grabbed."""
        assert self._picture is not None
        return self._picture

    def read(self) -> Picture | None:
        """Return the next picture; None after the last.

        Raises:
            SourceError: no file is a picture that can be read.
        """
        return self.retrieve() if self.grab() else None

    def position_s(self) -> float | None:
        """Return None: pictures tell no time."""
        return None

    def rewind(self) -> None:
        """Go back to the first picture."""
        self._position = 0

    def close(self) -> None:
        """Nothing is held open."""
