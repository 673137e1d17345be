"""An evidence picture as it travels: base64 text, made a JPEG only where somebody looks at it.

Most stages hand a picture on as it came: from detection to task, from task to the model's request
and to the verdict. Taking it apart and putting it together each time cost more than all else that is
done to a message.
"""

from __future__ import annotations

import binascii
from typing import Final, final

_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@final
class Picture:
    """A JPEG within a message; never changed. False when there is nothing in it.

    Attributes:
        base64: its text, free of anything that JSON would have to escape.
    """

    __slots__ = ("base64",)

    def __init__(self, text: bytes) -> None:
        """Take base64 (RFC 4648, with padding and without line breaks) as it is.

        Raises:
            ValueError: it is none.
        """
        # What is left is the padding; one look at each byte, a third of what decoding takes.
        rest = text.translate(None, _ALPHABET)
        if len(text) % 4 or len(rest) > 2 or rest.strip(b"=") or not text.endswith(rest):
            raise ValueError("Invalid base64 encoded string")
        self.base64 = text

    @classmethod
    def of(cls, jpeg: bytes) -> Picture:
        """Return the picture that holds `jpeg`."""
        made = cls.__new__(cls)
        made.base64 = binascii.b2a_base64(jpeg, newline=False)
        return made

    @property
    def jpeg(self) -> bytes:
        """The JPEG; decoded anew at each call."""
        return binascii.a2b_base64(self.base64)

    def __len__(self) -> int:
        """Return the size of the JPEG in bytes."""
        return len(self.base64) // 4 * 3 - self.base64.count(b"=", -2)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Picture) and self.base64 == other.base64

    def __hash__(self) -> int:
        return hash(self.base64)

    def __repr__(self) -> str:
        return f"<Picture of {len(self)} bytes>"
