"""Functions that make drawings of the reviewed set."""

import base64
from typing import Any

import numpy as np

from accounts.models import User
from predictions import claims, lifecycle
from predictions.models import ModelVersion, Role, Submission
from predictions.services.review import review_submission
from tests.factories import make_prediction, make_submission, make_version


def make_read(owner: User, seed: int, read: str = "7", *, ink: int | None = None, **fields: Any) -> Submission:
    """Make a drawing that may be trained with, read as `read`. ink: of its `make_input`s; None for the seed's."""
    version = ModelVersion.objects.live().first() or make_version()
    row = make_submission(owner, seed=seed, **({"may_train": True} | fields))
    with claims.claimed(1) as [claimed]:
        prediction = make_prediction(claimed, version, read)
        [digit] = prediction.reading["digits"]
        inputs = [make_input(seed + 1 if ink is None else ink, place) for place in range(len(read))]
        prediction.reading["digits"] = [digit | {"input": base64.b64encode(image).decode()} for image in inputs]
        lifecycle.succeed(claimed, prediction)
    row.refresh_from_db()
    return row


def make_reviewed(owner: User, reviewer: User, seed: int, says: str = "7", **fields: Any) -> Submission:
    """Make a drawing as `make_read` does, of which a reviewer says that it shows `says`."""
    row = make_read(owner, seed, **fields)
    review_submission(row, reviewer, says, Role.REVIEWER)
    return row


def make_input(ink: int, place: int = 0) -> np.ndarray:
    """Return the input of a digit at a place, which no other ink or place has: (28, 28) uint8."""
    return np.full((28, 28), ink + place, np.uint8)
