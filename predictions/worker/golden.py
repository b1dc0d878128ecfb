"""A known digit of our own down the real road, so that `/health/status` can say when one last came back."""

from ml.golden import golden_drawing
from predictions import lifecycle
from predictions.models import GOLDEN_DIGIT, Drawing, Source, Submission


def queue_golden() -> Submission:
    """Queue a GOLDEN_DIGIT, as a person's drawing is queued. It is forgotten after a day."""
    submission = Submission(guest_key=Source.GOLDEN, source=Source.GOLDEN)
    return lifecycle.queue(submission, Drawing(**golden_drawing(GOLDEN_DIGIT, seed=0)))
