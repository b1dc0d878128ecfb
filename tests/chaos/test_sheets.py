"""Workers are killed with -9 while a sheet is cut and read: the table ends whole, each cell once."""

from collections.abc import Iterator

import pytest

from ml.sheets.template import parse_template
from tests.filled_pages import photograph
from tests.site import Site, open_site

pytestmark = [pytest.mark.worker, pytest.mark.timeout(400)]
ROWS, COLUMNS, PAGES = 20, 8, 4
FORM = {
    "title": "Counts",
    "rows": ROWS,
    "columns": [
        {"name": f"Day {number}", "kind": "read", "expects": {"kind": "number", "min": 0, "max": 99}, "boxes": 2}
        for number in range(1, COLUMNS + 1)
    ],
}
HELD_PAGES = "SELECT claim::text FROM predictions_sheetpage WHERE status = 'running'"
HELD_CELLS = """
    SELECT claim::text FROM predictions_submission WHERE status = 'running' AND sheet_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM predictions_sheetpage WHERE status IN ('queued', 'running'))
"""
KILLS = (HELD_PAGES, HELD_CELLS, HELD_CELLS)  # what kills three workers would be given up
TEXTS = {(row, column): str(10 + (row * 7 + column * 3) % 90) for row in range(ROWS) for column in range(COLUMNS)}


@pytest.fixture
def site() -> Iterator[Site]:
    """Start a site with two workers."""
    with open_site(workers=2) as site:
        yield site


def _send(site: Site) -> str:
    """Send PAGES copies of a filled-in page of a new template; return the id of the sheet."""
    template = site.request("POST", "/api/v1/sheet-templates/", json=FORM)
    assert template.status_code == 201, template.text
    pdf = site.request("GET", f"/api/v1/sheet-templates/{template.json()['id']}/pdf/")
    assert pdf.status_code == 200
    page = photograph(pdf.content, parse_template(FORM), TEXTS)
    files = [("file", (f"{number}.jpg", page, "image/jpeg")) for number in range(PAGES)]
    sent = site.request("POST", "/api/v1/sheets/", files=files)
    assert sent.status_code == 202, sent.text
    return str(sent.json()["id"])


def _count(site: Site, sql: str) -> int:
    return int(site.query(sql)[0][0])


def _claims(site: Site, held: str) -> frozenset[str]:
    return frozenset(claim for [claim] in site.query(held))


@pytest.mark.long  # 60 s: a site of its own, and workers that start again
def test_a_sheet_whose_workers_are_killed_ends_whole_and_each_cell_once(site):
    id_ = _send(site)
    seen: frozenset[str] = frozenset()
    for held in KILLS:
        # until a worker has just begun
        site.wait_until(lambda held=held, seen=seen: bool(_claims(site, held) - seen), 120)
        seen |= _claims(site, held)
        site.kill("worker-1")
        site.kill("worker-2")
    site.wait_until(lambda: bool(site.query("SELECT FROM predictions_sheet WHERE settled_at IS NOT NULL")), 240)
    table = site.request("GET", f"/api/v1/sheets/{id_}/table/")
    assert table.status_code == 200, table.text
    per_page = ROWS * COLUMNS
    [[cells, places, submissions, written, failed]] = site.query(
        """
        SELECT count(*), count(DISTINCT (page_id, "row", "column")), count(DISTINCT submission_id),
            (SELECT count(*) FROM predictions_submission WHERE sheet_id IS NOT NULL),
            (SELECT count(*) FROM predictions_submission WHERE sheet_id IS NOT NULL AND status <> 'succeeded')
        FROM predictions_sheetcell
        """
    )
    readings = _count(
        site,
        "SELECT count(*) FROM predictions_prediction, predictions_submission"
        " WHERE key = submission_id AND sheet_id IS NOT NULL",
    )
    right = site.query(
        'SELECT count(*) FROM predictions_sheetcell WHERE text = (10 + ("row" * 7 + "column" * 3) %% 90)::text'
    )[0][0]
    pages = site.query("SELECT attempts, error_code FROM predictions_sheetpage ORDER BY number")
    print(
        f"{PAGES} pages of {per_page} cells, workers killed {len(KILLS)} times: "
        f"pages, their attempts and errors: {pages}"
        f", {cells} cells, {submissions} submissions, {readings} readings, {failed} failed, {right} right"
    )
    assert cells == places == PAGES * per_page
    assert submissions == written == readings + failed == PAGES * per_page
    assert failed == 0
    assert right >= 0.95 * cells
