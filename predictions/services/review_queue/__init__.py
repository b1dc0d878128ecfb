"""Review mode: give drawings to reviewers under leases, and record what they say of each, once.

Two reviewers never have one drawing: a lease is one row a drawing, taken by one statement on Postgres' clock. Nobody is
given their own drawings, and nobody those of guests. Some drawings are reviewed again; nothing on the page tells which.
"""

from predictions.services.review_queue.entries import acceptable_text, save_review, skip, undo
from predictions.services.review_queue.leases import Reviewer, release
from predictions.services.review_queue.turns import Turn, mix, take_turn

__all__ = ["Reviewer", "Turn", "acceptable_text", "mix", "release", "save_review", "skip", "take_turn", "undo"]
