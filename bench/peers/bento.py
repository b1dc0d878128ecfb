"""BentoML with adaptive batching, nothing stored."""

import base64
from typing import Any

import bentoml

from bench.peers.reading import load_reader, read_pictures


@bentoml.service(workers=2, traffic={"timeout": 60, "concurrency": 64}, metrics={"enabled": False})
class Digits:
    """One process a core."""

    def __init__(self) -> None:
        self.reader = load_reader("litert")

    @bentoml.api(batchable=True, max_batch_size=32)
    def read(self, images: list[str]) -> list[dict[str, Any]]:
        """images: PNGs in base64; BentoML puts those of several requests into one call."""
        return read_pictures(self.reader, [base64.b64decode(image) for image in images])
