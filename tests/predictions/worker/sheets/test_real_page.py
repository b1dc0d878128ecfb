"""A page as it is printed and filled in goes through OpenCV and the decoder's process to its cells."""

import pytest

from predictions.models import CellState, PageFile, SheetCell, SheetPage, Status, Submission
from predictions.services.sheets.pdf import render_pdf
from predictions.services.sheets.taking import create_sheet
from predictions.worker.sheets import run
from tests.factories import make_user
from tests.filled_pages import photograph
from tests.sheets import make_template

pytestmark = pytest.mark.django_db
TEXTS = {(0, 1): "12", (0, 2): "30", (0, 3): "42", (1, 1): "7", (1, 3): "15"}


@pytest.mark.long  # the first page loads OpenCV, and a decoder starts for each file: 4 s
@pytest.mark.parametrize("kind", ["image", "pdf"])
def test_a_filled_in_page_becomes_cells(kind):
    alice = make_user()
    template = make_template(alice)
    pdf = render_pdf(template)
    sheet = create_sheet(alice, [pdf if kind == "pdf" else photograph(pdf, template.template, TEXTS)])
    while run.run_next():
        pass
    page = SheetPage.objects.get()
    assert (page.status, page.error_code, page.quality["problems"]) == (Status.SUCCEEDED, "", [])
    file = PageFile.objects.get()
    assert (file.data, bytes(file.picture)[:2]) == (None, b"\xff\xd8")
    sheet.refresh_from_db()
    assert sheet.template == template
    written = set() if kind == "pdf" else TEXTS.keys()
    found = SheetCell.objects.filter(state=CellState.WRITTEN).values_list("row", "column")
    assert set(found) == written
    assert Submission.objects.filter(sheet=sheet).count() == len(written)
