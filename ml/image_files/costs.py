"""Estimate what decoding an image costs, from its header: an upper bound that `bench.security` measures.

In milliseconds of CPU of one core of a server of 2026. MP are millions of pixels, MB millions of bytes.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

PNG_MS_PER_MP, PNG_MS_PER_ALPHA_MP, PNG_MS_PER_INTERLACED_MP = 5.5, 5.5, 6.0
PNG_MS_PER_MB = 7.5  # of pixels as they are before they are compressed
IDCT_MS = 8.0  # of a million coefficients
BASELINE_MS, BASELINE_MS_PER_MB = 0.2, 8.0
HELD_MS, SCAN_MS, HELD_MS_PER_MB = 0.6, 0.55, 34.0  # of a JPEG of several scans, whose coefficients are all held
LOSSY_MS_PER_MP, LOSSY_MS_PER_MB = 22.0, 27.0
LOSSLESS_MS_PER_MP, LOSSLESS_MS_PER_MB = 22.0, 9.0
ALPHA_MS_PER_MP = 6.0
WEBP_LIMIT_MP = 9.0  # a decoder holds four copies of it, in 16 bytes a pixel
M = 1e6


class Component(NamedTuple):
    """A component of a JPEG, as luminance is one."""

    coefficients: int


def png_cost_ms(width: int, height: int, channels: int, depth: int, is_interlaced: bool) -> float:
    """Return the cost of a PNG: its compressed size makes little difference."""
    pixels, raw = width * height / M, height * (1 + -(-width * channels * depth // 8)) / M
    has_alpha = channels in (2, 4)
    raw_ms = raw * PNG_MS_PER_MB + pixels * is_interlaced * PNG_MS_PER_INTERLACED_MP
    return raw_ms + pixels * (PNG_MS_PER_MP + PNG_MS_PER_ALPHA_MP * has_alpha)


def jpeg_cost_ms(
    components: Sequence[Component], scans: Sequence[Sequence[Component]], size: int, is_held_whole: bool, shrink: int
) -> float:
    """Return the cost of a JPEG.

    Args:
        components: of its frame.
        scans: the components of each.
        size: of all scans, in bytes.
        is_held_whole: whether the coefficients of all scans have to be held.
        shrink: it is decoded at this fraction of its width and height.
    """
    whole = sum(one.coefficients for one in components) / M
    output = whole / shrink**2 * IDCT_MS
    if not is_held_whole:
        return output + whole * BASELINE_MS + size / M * BASELINE_MS_PER_MB
    passes = sum(one.coefficients for scan in scans for one in scan) / M
    return output + whole * HELD_MS + passes * SCAN_MS + size / M * HELD_MS_PER_MB


def webp_cost_ms(pixels: int, size: int, is_lossless: bool, has_alpha: bool) -> float:
    """Return the cost of a WebP of so many pixels and bytes."""
    if pixels / M > WEBP_LIMIT_MP:
        return math.inf
    if is_lossless:
        return pixels / M * LOSSLESS_MS_PER_MP + size / M * LOSSLESS_MS_PER_MB
    return pixels / M * (LOSSY_MS_PER_MP + ALPHA_MS_PER_MP * has_alpha) + size / M * LOSSY_MS_PER_MB
