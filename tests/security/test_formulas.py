"""No text that somebody chose is a formula in a file, whichever character the spreadsheet takes for the next cell."""

import csv
import io

import pytest

from accounts import audit
from accounts.csv_lines import csv_lines
from accounts.models import AuditEvent
from tests.security.payloads import FORMULAS

pytestmark = pytest.mark.django_db
STARTS = tuple("=+-@\t\r\n＝＋－＠")


def _cells(text, delimiter):
    """Yield the cells of a file as a spreadsheet splits them."""
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        for cell in row:
            yield from cell.splitlines() or [cell]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_begins_as_a_formula(formula, delimiter):
    text = "".join(csv_lines(["title", "other"], [[formula, f"a{formula}"], ["x", formula]]))
    assert [cell for cell in _cells(text, delimiter) if cell.startswith(STARTS)] == []


@pytest.mark.parametrize("text", ["7", "a-b", "a=b", "1+1", "x, -1", "alice@example.org", "2026-01-01"])
def test_other_texts_stay_as_they_are(text):
    [_, row] = csv.reader(csv_lines(["title"], [[text]]))
    assert row == [text]


def test_numbers_stay_numbers():
    assert list(csv_lines(["a"], [[-1, -0.5]]))[1].strip() == "-1,-0.5"


def test_the_files_of_the_audit_log_have_no_formula(admin_client, admin_user):
    for formula in FORMULAS:
        audit.record(admin_user, "token.created", admin_user, name=formula)
        AuditEvent.objects.create(action="filter.saved", actor_name=formula, target=formula, device=formula)
    own = admin_client.post("/accounts/activity/export/", {"format": "csv"})
    log = admin_client.post("/admin/accounts/auditevent/export/")
    for answer in (own, log):
        text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
        assert len(text.splitlines()) > len(FORMULAS)
        assert [cell for cell in _cells(text, ",") if cell.startswith(STARTS)] == []
