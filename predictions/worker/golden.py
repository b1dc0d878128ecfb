"""A known digit, queued like a person's drawing: `/health/status` tells when one was last read correctly."""

from ml.golden import golden_drawing
from predictions import lifecycle
from predictions.models import GOLDEN_DIGIT, Drawing, Source, Submission


def queue_golden() -> Submission:
    """Queue a drawing of GOLDEN_DIGIT. It is deleted after a day."""
    submission = Submission(guest_key=Source.GOLDEN, source=Source.GOLDEN)
    return lifecycle.queue(submission, Drawing(**golden_drawing(GOLDEN_DIGIT, seed=0)))
