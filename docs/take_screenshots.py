"""Take the README's pictures from a running service; its pages are used as a person uses them, with a real reading.

python -m docs.take_screenshots http://127.0.0.1:8000 demo PASSWORD
"""

import argparse
import os
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.person import draw, log_in, open_browser, read_it

FOLDER = Path(__file__).parent / "images"


def main() -> None:
    """Draw a seven, have it read, and take the page's picture."""
    parser = argparse.ArgumentParser(prog="python -m docs.take_screenshots", description=__doc__)
    for name in ("url", "name", "password"):
        parser.add_argument(name)
    wanted = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        path = os.environ.get("INKLING_BROWSER") or playwright.chromium.executable_path
        browser = open_browser(playwright, path)
        page = browser.new_page(
            viewport={"width": 1280, "height": 780}, color_scheme="light", reduced_motion="reduce", locale="en"
        )
        log_in(page, wanted.url.rstrip("/"), wanted.name, wanted.password)
        draw(page)
        read_it(page)
        page.screenshot(path=FOLDER / "draw.png")
        browser.close()


if __name__ == "__main__":
    main()
