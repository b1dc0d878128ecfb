"""The reviewed set: what people let us train with and somebody else reviewed, for the export and for retraining."""

from predictions.services.reviewed_set.data_card import DataCard, data_card
from predictions.services.reviewed_set.drawings import NOT_A_DIGIT, ReviewedDrawing, iterate_reviewed
from predictions.services.reviewed_set.writers import SPLITS, pseudonym_of, split_of

__all__ = [
    "NOT_A_DIGIT",
    "SPLITS",
    "DataCard",
    "ReviewedDrawing",
    "data_card",
    "iterate_reviewed",
    "pseudonym_of",
    "split_of",
]
