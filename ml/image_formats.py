"""Recognize image formats by their first bytes, and count a JPEG's scans. Standard library only."""

import re

SIGNATURES = (
    (b"GIF8", "GIF image"),
    (b"BM", "BMP image"),
    (b"II*\0", "TIFF image"),
    (b"MM\0*", "TIFF image"),
    (b"II+\0", "TIFF image"),
    (b"MM\0+", "TIFF image"),
    (b"%PDF-", "PDF"),
    (b"\xff\x0a", "JPEG XL image"),
    (b"\0\0\0\x0cJXL ", "JPEG XL image"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "JPEG 2000 image"),
    (b"8BPS", "Photoshop file"),
    (b"\0\0\1\0", "Windows icon"),
    (b"<svg", "SVG image"),
)
AVIF_BRANDS = (b"avif", b"avis")
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
SIGNATURE_BYTES = 1_024  # the first bytes, in which an SVG's element or a PDF's header must start
START_OF_SCAN = 0xDA
END_OF_IMAGE = 0xD9
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")  # not a byte of the scan, a restart or padding


def describe_format(data: bytes) -> str:
    """Return what `data` is, as "GIF image", by its first bytes; "" if that is unknown."""
    if data[4:8] == b"ftyp":  # ISO base media: HEIC, AVIF and MP4 differ by their brands
        brands = data[8 : min(int.from_bytes(data[:4], "big"), 64)]
        for known, name in ((AVIF_BRANDS, "AVIF image"), (HEIC_BRANDS, "HEIC image")):
            if any(brand in brands for brand in known):
                return name
        return "video"
    start = data[:SIGNATURE_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<?xml") and b"<svg" in start:
        return "SVG image"
    return next((name for signature, name in SIGNATURES if start.startswith(signature)), "")


def count_jpeg_scans(data: bytes, limit: int) -> int:
    """Count the scans of a JPEG's first image, at most `limit` + 1.

    Follows the markers, so neither a thumbnail in a segment nor a video behind the end (a motion photo) counts.
    """
    scans, place = 0, 2
    while scans <= limit:
        found = _MARKER.search(data, place)
        if found is None or data[found.end() - 1] == END_OF_IMAGE:
            break
        scans += data[found.end() - 1] == START_OF_SCAN
        place = found.end() + max(2, int.from_bytes(data[found.end() : found.end() + 2], "big"))
    return scans
