"""What makes a cell of a sheet a submission, for workers that cut it and for the web that names its column."""

from predictions.models.claimable import Lane
from predictions.models.sheets.cells import CellState, SheetCell
from predictions.models.sheets.sheets import Sheet
from predictions.models.submissions import Drawing, Source, Submission
from predictions.models.submissions.conditions import HIDDEN_AT


def make_cell_submission(
    cell: SheetCell, sheet: Sheet, expects: dict[str, object] | None, image: bytes
) -> tuple[Submission, Drawing]:
    """Return an unsaved submission of a cell, with its drawing, and note it in the unsaved or changed cell.

    It is of the bulk lane, in no list, and neither trains models nor is in the random sample.

    image: PNG.
    """
    submission = Submission(
        owner_id=sheet.owner_id,
        source=Source.SHEET,
        lane=Lane.BULK,
        sheet=sheet,
        superseded_at=HIDDEN_AT,
        expects=expects,
    )
    cell.submission, cell.state, cell.image = submission, CellState.WRITTEN, None
    return submission, Drawing(image=image, image_type="image/png")
