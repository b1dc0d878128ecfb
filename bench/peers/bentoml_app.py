"""BentoML with adaptive batching; stores nothing."""

import base64
from typing import Any

import bentoml

from bench.peers.shared_reader import load_reader, read_pictures


@bentoml.service(workers=2, traffic={"timeout": 60, "concurrency": 64}, metrics={"enabled": False})
class Digits:
    """The service; BentoML runs one process for each core."""

    def __init__(self) -> None:
        self.reader = load_reader("litert")

    @bentoml.api(batchable=True, max_batch_size=32)
    def read(self, images: list[str]) -> list[dict[str, Any]]:
        """Read PNGs in base64, which BentoML collects from several requests."""
        return read_pictures(self.reader, [base64.b64decode(image) for image in images])
