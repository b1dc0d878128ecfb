"""At 320 px, the width of 400% zoom, and with WCAG's text spacing, pages do not scroll sideways and lose no words."""

from playwright.sync_api import Page

from tests.browser.person import draw, read_it
from tests.site import Site

SPACING = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }
"""  # WCAG 2.2, 1.4.12
CUT_OFF = """() => [...document.querySelectorAll("main :is(p, a, button, label, h1, h2, dd, td, th)")].filter((one) => {
  const { overflowX, clipPath } = getComputedStyle(one);
  const isClipped = !["visible", "auto"].includes(overflowX) && !clipPath.startsWith("inset");
  return one.checkVisibility() && isClipped && one.scrollWidth > one.clientWidth + 1;
}).map((one) => one.outerHTML)"""
WIDEN = """css => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}"""


def test_pages_fit_a_narrow_screen_with_wide_text(alice: Page, service: Site) -> None:
    draw(alice)
    read_it(alice)
    item = alice.get_by_role("link", name="All about this drawing").get_attribute("href")
    alice.set_viewport_size({"width": 320, "height": 640})
    for path in (
        "/",
        "/history/",
        "/history/statistics/",
        item,
        "/model/",
        "/accounts/profile/",
        "/api/docs/",
        "/accounts/email/",
    ):
        alice.goto(f"{service.url}{path}")
        alice.evaluate(WIDEN, SPACING)
        assert alice.evaluate("document.documentElement.scrollWidth") <= 320, path
        assert alice.evaluate(CUT_OFF) == [], path
