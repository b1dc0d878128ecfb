"""Show pages in a real browser exactly as they were sent, without a site behind them, and note what goes wrong."""

import mimetypes
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import BrowserContext, Route, sync_playwright

from tests.browser.conftest import SENTENCE
from tests.browser.kept_pages import WITHOUT_PREVIEW
from tests.browser.person import open_browser

ORIGIN = "http://localhost:8000"
STATIC = "/static/"
REPORTS = """
window.reports = [];
document.addEventListener("securitypolicyviolation", ({violatedDirective, blockedURI, sample}) => {
    reports.push([violatedDirective, blockedURI, sample].join(" "));
});
"""
TOUCH = """
() => {  // what a person may do to what is shown
    for (const one of document.querySelectorAll("main *, #content *")) {
        for (const kind of ["mouseover", "focus", "toggle"]) one.dispatchEvent(new Event(kind, {bubbles: true}));
    }
    return [window.__xss, reports];
}
"""
SentPage = tuple[str, dict[str, str], str]


def show(pages: Iterable[SentPage]) -> list[tuple[str, str]]:
    """Open pages, given as address, headers and text. Return what ran, was reported or asked for, by address."""
    path = os.environ.get("INKLING_BROWSER")
    if not path:
        (pytest.fail if os.environ.get("BROWSER_REQUIRED") == "1" else pytest.skip)(SENTENCE)
    with sync_playwright() as playwright:
        browser = open_browser(playwright, path)
        with browser.new_context(service_workers="block") as context:
            wrong = _show(context, pages)
        browser.close()
    return wrong


def _show(context: BrowserContext, pages: Iterable[SentPage]) -> list[tuple[str, str]]:
    page, wrong, shown = context.new_page(), [], {}

    def answer(route: Route) -> None:
        address = urlsplit(route.request.url)
        if f"{address.scheme}://{address.netloc}" != ORIGIN:
            wrong.append((shown["path"], f"asked for {route.request.url}"))
        if route.request.is_navigation_request() and "page" in shown:
            return route.fulfill(body=shown.pop("page"), headers=shown["headers"])
        found = address.path.startswith(STATIC) and finders.find(address.path.removeprefix(STATIC))
        if not found:
            return route.fulfill(status=404, body="")
        kind = mimetypes.guess_type(address.path)[0] or "application/octet-stream"
        route.fulfill(body=Path(str(found)).read_bytes(), content_type=kind)

    page.route("**/*", answer)
    page.add_init_script(REPORTS)
    page.add_init_script(WITHOUT_PREVIEW)
    page.on("dialog", lambda dialog: (wrong.append((shown["path"], f"dialog {dialog.message}")), dialog.dismiss()))
    page.on("console", lambda said: _note(wrong, shown, said.text))
    for path, headers, text in pages:
        shown.update(path=path, headers=headers, page=text)
        page.goto(ORIGIN + path, wait_until="load")
        ran, reports = page.evaluate(TOUCH)
        if ran is not None or reports:
            wrong.append((path, f"{ran} {reports}"))
    page.close()
    return wrong


def _note(wrong: list[tuple[str, str]], shown: dict[str, str], said: str) -> None:
    if "Content Security Policy" in said or "Trusted" in said:
        wrong.append((shown["path"], said))
