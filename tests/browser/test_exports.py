"""A person exports drawings, by pointer and by keys, and sees when the file is ready."""

import csv
import io
import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.person import arrive, draw, paused_worker, read_it
from tests.browser.test_axe import BOTH, assert_flawless
from tests.site import Site

URL = "/history/exports/"


def _delete_all(page: Page, service: Site) -> None:
    page.goto(service.url + URL)
    while page.get_by_role("button", name="Delete inkling").count():
        page.get_by_role("button", name="Delete inkling").first.click()
        expect(page.get_by_text("The export was deleted.")).to_be_visible()


def test_a_person_exports_and_downloads(alice: Page, service: Site) -> None:
    draw(alice)
    read_it(alice)
    _delete_all(alice, service)
    alice.goto(service.url + "/history/")
    alice.get_by_role("link", name="Export", exact=True).click()
    arrive(alice, "Export")
    assert_flawless(alice, "exports", *BOTH)
    with paused_worker(service):
        alice.get_by_label("JSON with strokes").check()
        alice.get_by_role("button", name="Export", exact=True).click()
        expect(alice.get_by_role("progressbar", name="Written")).to_be_visible()
        expect(alice.get_by_role("button", name="Export", exact=True)).to_have_count(0)
        assert_flawless(alice, "exports-unfinished")
    expect(alice.get_by_role("status").filter(has_text="Your file is ready.")).to_have_count(1)
    expect(alice.get_by_role("button", name="Export", exact=True)).to_be_visible()
    assert_flawless(alice, "exports-ready", *BOTH)
    with alice.expect_download() as begun:
        alice.get_by_role("link", name="Download inkling").first.click()
    assert '"strokes"' in Path(begun.value.path()).read_text()
    assert begun.value.suggested_filename.endswith(".json")


def test_by_keys_alone(alice: Page, service: Site) -> None:
    draw(alice)
    read_it(alice)
    _delete_all(alice, service)
    alice.get_by_label("CSV table").focus()
    for _ in range(3):
        alice.keyboard.press("ArrowDown")
    expect(alice.get_by_label("Pictures (zip)")).to_be_checked()
    alice.keyboard.press("Enter")
    link = alice.get_by_role("link", name="Download inkling")
    link.focus()
    with alice.expect_download() as begun:
        alice.keyboard.press("Enter")
    with zipfile.ZipFile(begun.value.path()) as archive:
        lines = list(csv.DictReader(io.TextIOWrapper(archive.open("index.csv"), "utf-8-sig")))
        assert {line["file"] for line in lines} < set(archive.namelist())
    alice.get_by_role("button", name="Delete inkling").focus()
    alice.keyboard.press("Enter")
    expect(alice.get_by_text("The export was deleted.")).to_be_visible()


def test_everything_is_exported_from_the_account(alice: Page, service: Site) -> None:
    _delete_all(alice, service)
    alice.goto(service.url + "/accounts/data/")
    alice.get_by_role("button", name="Export everything about me").click()
    with alice.expect_download() as begun:
        alice.get_by_role("link", name="Download inkling").click()
    with zipfile.ZipFile(begun.value.path()) as archive:
        assert {"README.txt", "account.json", "drawings.json", "index.csv"} <= set(archive.namelist())
