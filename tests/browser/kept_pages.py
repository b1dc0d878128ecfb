"""Pages that are cleared and used again by the next test, because a new browser context costs a second of CPU."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, StorageState

OpenPage = Callable[..., Page]
WIDTH, HEIGHT = 1280, 800  # of a page unless a test asks for another size, and of tabs that a test opens itself
SETTINGS = {  # of every context; with reduced motion nothing moves away from under the pointer
    "locale": "en",
    "reduced_motion": "reduce",
    "service_workers": "block",  # a test's routes would not see what one fetches
    "viewport": {"width": WIDTH, "height": HEIGHT},
}
BLOCKED = "Service Worker registration blocked by Playwright"
KEPT_OPTIONS = {"has_touch", "is_mobile"}  # contexts with other options are too rare to keep
WITHOUT_PREVIEW = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });"
REPORTS = """
window.reports = [];
document.addEventListener("securitypolicyviolation", (event) => reports.push(event.violatedDirective));
"""


class KeptPages:
    """The pages that no test uses now, by the options of their context."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[tuple[tuple[str, Any], ...], list[Page]] = {}
        self._faults: list[str] = []

    @contextlib.contextmanager
    def lend(self, url: str, faults: list[str], *, has_preview: bool) -> Iterator[OpenPage]:
        """Yield a function that opens pages for one test of the site at `url`, and take back those that are still open.

        Errors and warnings of their consoles are appended to `faults`, violations of the site's content security
        policy also to `reports` in each page.

        has_preview: whether pages load the network that previews readings, which takes as much CPU as all else of them.
        """
        self._faults, lent = faults, []

        def open_page(width: int = WIDTH, height: int = HEIGHT, **options: Any) -> Page:
            state: StorageState = options.pop("storage_state", {})
            is_kept = set(options) <= KEPT_OPTIONS
            key = tuple(sorted(option for option in [*options.items(), ("has_preview", has_preview)] if option[1]))
            page = self._free[key].pop() if is_kept and self._free.get(key) else self._new_page(options, has_preview)
            lent.append((page, key if is_kept else None))
            page.set_viewport_size({"width": width, "height": height})
            page.context.add_cookies(state.get("cookies", []))  # type: ignore[arg-type]
            return page

        yield open_page
        for page, key in lent:
            if key is None or page.is_closed():
                page.context.close()
            else:
                _clear(page, url)
                self._free.setdefault(key, []).append(page)

    def _new_page(self, options: dict[str, Any], has_preview: bool) -> Page:
        page = self._browser.new_context(**(SETTINGS | options)).new_page()
        if not has_preview:
            page.add_init_script(WITHOUT_PREVIEW)
        page.add_init_script(REPORTS)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self._faults.append(str(error)))
        return page

    def _note(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"} and said.text != BLOCKED:
            self._faults.append(said.text)


def _clear(page: Page, url: str) -> None:
    """Close the page's other tabs, and remove what a test has set or the site has stored."""
    for tab in page.context.pages:
        if tab is not page:
            tab.close()
    page.goto("about:blank")  # before the connection is back, with which a page would send what it has kept
    page.unroute_all(behavior="ignoreErrors")
    page.context.set_offline(False)
    page.context.clear_cookies()
    plain = f"{url}/health/live"  # a page of the same origin, without scripts that would store again
    try:
        page.goto(plain)
    except Error:  # the page was just about to reload by itself
        page.goto(plain)
    page.evaluate("localStorage.clear(); sessionStorage.clear(); indexedDB.deleteDatabase('inkling')")
    page.goto("about:blank")
    page.emulate_media(color_scheme="light", reduced_motion="reduce", forced_colors="none")
