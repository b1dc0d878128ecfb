"""Ray Serve with batching; stores nothing.

python -m bench.peers.ray_app PORT
"""

import sys
from typing import Any

import ray
from ray import serve
from starlette.requests import Request

from bench.peers.shared_reader import load_reader, read_pictures


class Digits:
    """The service: a replica for each core, which batches its requests."""

    def __init__(self) -> None:
        self.reader = load_reader("litert")

    @serve.batch(max_batch_size=32, batch_wait_timeout_s=0.005)
    async def read(self, images: list[bytes]) -> list[dict[str, Any]]:
        return read_pictures(self.reader, images)

    async def __call__(self, request: Request) -> dict[str, Any]:
        answer: dict[str, Any] = await self.read(await request.body())
        return answer


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    deployment = serve.deployment(num_replicas=2, max_ongoing_requests=64, ray_actor_options={"num_cpus": 1})
    serve.run(deployment(Digits).bind(), blocking=True)
