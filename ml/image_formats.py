"""Recognize image formats by their first bytes. Standard library only."""

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
