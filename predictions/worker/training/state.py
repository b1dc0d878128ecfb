"""What a run keeps of its progress in its row, so that another attempt goes on after the last epoch."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml.training.fine_tuning import Progress


def join_state(progress: "Progress", sha256: str) -> bytes:
    """Return what a later attempt goes on with: a line of JSON, then the arrays."""
    about = {"epoch": progress.epoch, "curves": progress.curves, "sha256": sha256}
    return json.dumps(about).encode() + b"\n" + progress.state


def split_state(state: bytes, sha256: str) -> "Progress":
    """Return the progress of an earlier attempt, or none if it was made with other drawings."""
    from ml.training.fine_tuning import Progress

    about, _, arrays = state.partition(b"\n")
    kept = json.loads(about) if about else {}
    if kept.get("sha256") != sha256:
        return Progress()
    return Progress(kept["epoch"], kept["curves"], arrays)
