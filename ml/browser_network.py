"""The digit network as browsers run it: one file of layers and float16 weights. Standard library only.

The file is little-endian: the length of its header in bytes, uint32; the header, JSON, filled up with spaces so that
the weights are aligned; the weights, float16, layer by layer. Convolutions have their batch normalization folded in and
are followed by ReLU. `static/js/preview/network.js` runs it.
"""

import json
import struct
from typing import Any

LAYOUT = 1  # bump when scripts from before could not run the file; it is a part of the address
MAX_BYTES = 500_000
_ALIGNED = 8  # bytes


def join_network(header: dict[str, Any], weights: bytes) -> bytes:
    """Return the file of a header and its weights."""
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode("ascii")
    text += b" " * (-(len(text) + 4) % _ALIGNED)
    return struct.pack("<I", len(text)) + text + weights


def split_network(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the header and the weights of a file."""
    start = 4 + struct.unpack_from("<I", data)[0]
    return json.loads(data[4:start]), data[start:]


def with_calibration(data: bytes, calibration: dict[str, float]) -> bytes:
    """Return the file with the calibration of a model card in its header."""
    header, weights = split_network(data)
    return join_network(header | {"calibration": calibration}, weights)
