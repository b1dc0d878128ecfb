"""LitServe with batching; stores nothing.

python -m bench.peers.litserve_app PORT
"""

import base64
import sys
from typing import Any

import litserve

from bench.peers.shared_reader import load_reader, read_pictures


class Digits(litserve.LitAPI):
    """The service; LitServe runs one process for each core and batches the requests."""

    def setup(self, device: str) -> None:
        self.reader = load_reader("litert")

    def decode_request(self, request: dict[str, str]) -> bytes:
        return base64.b64decode(request["image"])

    def batch(self, inputs: list[bytes]) -> list[bytes]:
        return inputs

    def predict(self, x: list[bytes]) -> list[dict[str, Any]]:
        return read_pictures(self.reader, x)

    def unbatch(self, output: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return output

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        return output


if __name__ == "__main__":
    api = Digits(max_batch_size=32, batch_timeout=0.005)
    server = litserve.LitServer(api, accelerator="cpu", devices=1, workers_per_device=2)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
