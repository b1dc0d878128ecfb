"""What is printed is what workers find: the code of each page, on a page that was turned and scanned coarsely."""

import numpy as np
import pypdfium2
import pytest
from django.utils import translation

from ml.sheets.photographs.unmarked import is_unmarked_page
from ml.sheets.registration import find_page
from ml.sheets.tables import find_table
from predictions.models.sheets.codes import read_code
from predictions.services.sheets.pdf import render_pdf
from predictions.services.sheets.templates import create_template
from tests.factories import make_user

pytestmark = pytest.mark.django_db
FORM = {
    "title": "Meter readings",
    "rows": 30,
    "columns": [
        {"name": "Meter", "boxes": 5, "expects": {"kind": "digits", "length": 5}},
        {"name": "Remark", "kind": "text"},
    ],
}


def test_a_printed_page_is_found_by_its_code():
    alice = make_user()
    template = create_template(alice, FORM)
    for number, page in enumerate(pypdfium2.PdfDocument(render_pdf(template)), start=1):
        found = find_page(np.rot90(page.render(scale=2, grayscale=True).to_numpy(), number).copy())  # 144 dpi
        assert found is not None
        assert read_code(alice.pk, found.code) == (template, number)


@pytest.mark.long  # four seconds, for photographs of several templates
def test_a_printed_page_whose_margins_are_cut_off_is_known_in_any_language():
    template = create_template(make_user(), FORM)
    with translation.override("de"):  # which says below the names what is written there
        document = pypdfium2.PdfDocument(render_pdf(template))
    page = document[0].render(scale=3, grayscale=True).to_numpy()
    px_per_mm = page.shape[1] / 210
    top, side = round(37 * px_per_mm), round(21 * px_per_mm)
    cut = np.ascontiguousarray(page[top : -round(12 * px_per_mm), side:-side])
    assert find_page(cut) is None
    found = find_table(cut)
    assert found is not None
    assert is_unmarked_page(cut, found, template.template)
