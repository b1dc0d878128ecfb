"""The id of the request that brought a submission, which the row carries to its worker: the message only wakes."""

import random
import uuid

from structlog.contextvars import get_contextvars

_random = random.SystemRandom()  # as those of requests


def current_request_id() -> uuid.UUID:
    """Return the id of the request that this thread answers, as its log lines have it; a new one outside of requests.

    `config.logs.request_ids` binds it.
    """
    found = get_contextvars().get("request_id")
    return uuid.UUID(hex=found) if found else uuid.UUID(int=_random.getrandbits(128))
