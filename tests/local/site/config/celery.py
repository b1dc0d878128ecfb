"""The small site's worker: it answers."""

import os

import redis
from celery import Celery

REDIS_URL = os.environ["REDIS_URL"]
app = Celery("small", broker=REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host="))


@app.task(name="answer")
def answer() -> None:
    """Say who answered."""
    with redis.Redis.from_url(REDIS_URL) as told:
        told.rpush("answers", os.environ["WORKER_NAME"])
