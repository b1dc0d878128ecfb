"""How sure a cell must be to be accepted unseen: what each choice would accept, and how many errors it would leave."""

from dataclasses import dataclass

from ml.sheets.calibration import expected_errors
from predictions.models.sheets import Sheet
from predictions.services.sheets.checking.changes import cells_of

DEFAULT_THRESHOLD = 0.95
FEW_ERRORS = 0.1
THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


@dataclass(frozen=True)
class Choice:
    """A threshold, and what it does.

    accepted: how many cells are sure enough, of `total`.
    errors: how many of them are wrong, as expected from their confidences.
    left: how many cells remain to be checked.
    """

    threshold: float
    accepted: int
    total: int
    errors: float
    left: int

    @property
    def value(self) -> str:
        """The threshold as a form sends it."""
        return str(self.threshold)


def threshold_of(sheet: Sheet) -> float:
    """Return the threshold that the owner chose for this sheet: what they chose for another says nothing of it."""
    return DEFAULT_THRESHOLD if sheet.threshold is None else sheet.threshold


def list_choices(sheet: Sheet) -> list[Choice]:
    """Return the thresholds that make a difference, from the one that leaves least to be checked. One query.

    What is stricter than one that leaves FEW_ERRORS only asks for more.
    """
    cells = cells_of(sheet).filter(confirmed_at=None).values_list("confidence", flat=True)
    confidences = [confidence or 0.0 for confidence in cells]
    choices: dict[int, Choice] = {}
    for threshold in THRESHOLDS:
        accepted = sum(confidence >= threshold for confidence in confidences)
        errors = expected_errors(confidences, threshold)
        choices[accepted] = Choice(threshold, accepted, len(confidences), errors, len(confidences) - accepted)
        if errors < FEW_ERRORS:
            break
    return [choice for accepted, choice in choices.items() if accepted]
