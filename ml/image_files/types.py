"""What is known of an image file before it is decoded. Standard library only."""

from dataclasses import dataclass


class UnreadableImage(ValueError):
    """These bytes cannot be read as a picture.

    Attributes:
        format: of a picture that is of another format, such as "HEIC"; "" if that is unknown.
    """

    def __init__(self, message: str, format: str = "") -> None:  # noqa: A002
        super().__init__(message)
        self.format = format


class TooLarge(ValueError):
    """The picture has more pixels than allowed, or decoding it takes too much time or memory."""


@dataclass(frozen=True)
class ImageFile:
    """An image file, by its header.

    Attributes:
        format: PNG, JPEG or WEBP.
        cost_ms: an upper estimate of the CPU time that decoding takes, by `ml.image_files.costs`.
        parts: the file without metadata, which nobody reads: what a decoder gets to see.
        orientation: from 1, as EXIF has it.
        is_one_scan: whether it is a JPEG that is decoded small, row by row.
        held_bytes: what a decoder holds beside the pixels: the coefficients of a JPEG of several scans.
    """

    format: str
    width: int
    height: int
    cost_ms: float
    parts: tuple[bytes | memoryview, ...]
    orientation: int = 1
    is_one_scan: bool = False
    held_bytes: int = 0

    def without_metadata(self) -> bytes:
        """Return the file as a decoder gets it."""
        return b"".join(self.parts)
