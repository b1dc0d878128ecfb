"""What is printed is what workers find: the code of each page, on a page that was turned and scanned coarsely."""

import numpy as np
import pypdfium2
import pytest

from ml.sheets.registration import find_page
from predictions.models.sheets.codes import read_code
from predictions.services.sheets.pdf import render_pdf
from predictions.services.sheets.templates import create_template
from tests.factories import make_user

pytestmark = pytest.mark.django_db
FORM = {
    "title": "Meter readings",
    "rows": 30,
    "columns": [{"name": "Meter", "boxes": 5}, {"name": "Remark", "kind": "text"}],
}


def test_a_printed_page_is_found_by_its_code():
    alice = make_user()
    template = create_template(alice, FORM)
    for number, page in enumerate(pypdfium2.PdfDocument(render_pdf(template)), start=1):
        found = find_page(np.rot90(page.render(scale=2, grayscale=True).to_numpy(), number).copy())  # 144 dpi
        assert found is not None
        assert read_code(alice.pk, found.code) == (template, number)
