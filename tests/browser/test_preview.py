"""The preview on a page: what a worker reads is shown until the drawing changes, on the site and without it."""

import pytest
from playwright.sync_api import expect

from ml.browser_network import LAYOUT
from ml.golden import golden_drawing
from tests.browser.preview_lab import ADDRESS, open_lab

pytestmark = pytest.mark.preview

SEVEN = golden_drawing(7, 7)
START = """
async () => {
    const { startPreview } = await import("inkling/preview_view");
    window.paper = { strokes: [], pen_px: 20, height: 280 };
    window.preview = startPreview(document.querySelector("main"), () => window.paper);
}
"""
DRAW = "(drawing) => { window.paper = drawing; preview.update(); }"
CLEAR = "() => { window.paper = { strokes: [] }; preview.update(); }"
ADD_TO_PAGE = """
(address) => {
    const [preview, words] = [document.createElement("div"), document.createElement("p")];
    Object.assign(preview.dataset, { preview: "", network: address });
    words.dataset.words = "Looks like {text}";
    preview.hidden = true;
    preview.append(words);
    document.querySelector("main").append(preview);
}
"""
COUNT_READINGS = """
async ({ drawing, moves, pauseMs }) => {
    const { createPreview } = await import("inkling/preview");
    const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
    let [readings, since] = [0, 0];
    const preview = createPreview({ networkUrl: "/network.bin", onResult: () => readings++ });
    preview.draw(drawing);
    while (!readings) await sleep(20);  // loading
    [since, readings] = [performance.now(), 0];
    for (; moves--; await sleep(pauseMs)) preview.draw(drawing, { isMoving: true });
    const tookMs = performance.now() - since;
    await sleep(1000);  // one may be due yet
    return { readings, tookMs };
}
"""


@pytest.fixture
def page(new_page):
    page = new_page()
    open_lab(page)
    page.evaluate(START)
    return page


def shown(page):
    return page.locator("[data-preview]")


def test_a_drawing_is_shown_until_the_paper_is_cleared(page):
    page.evaluate(DRAW, SEVEN)
    expect(shown(page)).to_have_text("Looks like 7")
    page.evaluate(DRAW, golden_drawing(3, 3))
    expect(shown(page)).to_have_text("Looks like 3")
    page.evaluate(CLEAR)
    expect(shown(page)).to_be_hidden()


def test_nothing_of_a_cleared_drawing_appears_later(page):
    page.evaluate(DRAW, SEVEN)
    expect(shown(page)).to_be_visible()
    page.evaluate(f"({DRAW})({{strokes: [[[90, 90], [90, 200]]], pen_px: 20, height: 280}}); ({CLEAR})()")
    page.wait_for_timeout(500)
    expect(shown(page)).to_be_hidden()


def test_a_number_hides_the_preview(page):
    page.evaluate(DRAW, SEVEN)
    expect(shown(page)).to_be_visible()
    page.evaluate(DRAW, {"strokes": [[[60, 60], [60, 200]], [[200, 60], [200, 200]]], "pen_px": 20, "height": 280})
    expect(shown(page)).to_be_hidden()


def test_a_drawing_from_before_the_network_was_loaded_is_read(page):
    """As when a page with a saved drawing is opened."""
    page.goto(f"{ADDRESS}/")
    page.evaluate(f"async (drawing) => {{ await ({START})(); ({DRAW})(drawing); }}", SEVEN)
    expect(shown(page)).to_have_text("Looks like 7")


def test_it_works_without_a_connection_once_it_is_loaded(page):
    page.evaluate(DRAW, SEVEN)
    expect(shown(page)).to_be_visible()
    page.context.set_offline(True)
    page.evaluate(DRAW, golden_drawing(5, 5))
    expect(shown(page)).to_have_text("Looks like 5")


def test_a_moving_pen_is_read_at_most_every_150_ms(new_page):
    page = new_page()
    open_lab(page)
    found = page.evaluate(COUNT_READINGS, {"drawing": SEVEN, "moves": 60, "pauseMs": 10})
    assert 2 <= found["readings"] <= found["tookMs"] / 150 + 2


def test_without_a_usable_network_there_is_no_preview_and_no_error(new_page):
    page = new_page()
    open_lab(page)
    page.route("**/network.bin", lambda route: route.fulfill(body=b"\x04\0\0\0null", content_type="text/plain"))
    page.evaluate(START)
    page.evaluate(DRAW, SEVEN)
    page.wait_for_timeout(1000)
    expect(shown(page)).to_be_hidden()


def test_a_browser_that_saves_data_loads_nothing(new_page):
    page = new_page(timezone_id="UTC")  # a context of its own: the script below stays in it
    page.add_init_script("Object.defineProperty(navigator, 'connection', {value: {saveData: true}})")
    open_lab(page)
    page.route("**/network.bin", lambda route: pytest.fail("the network was loaded"))
    page.evaluate(START)
    page.evaluate(DRAW, SEVEN)
    page.wait_for_timeout(500)
    expect(shown(page)).to_be_hidden()


def test_the_site_serves_what_it_takes(service, new_page):
    """The page's Content-Security-Policy allows workers of this site, and no WebAssembly."""
    ((sha256,),) = service.query("SELECT sha256 FROM predictions_modelversion WHERE is_live")
    page = new_page()
    response = page.goto(f"{service.url}/model/")
    assert "worker-src 'self'" in response.headers["content-security-policy"].split("; ")
    assert "wasm" not in response.headers["content-security-policy"]
    page.locator("[data-preview]").evaluate_all("found => found.forEach((one) => one.remove())")
    page.evaluate(ADD_TO_PAGE, f"/model/{sha256}/browser-{LAYOUT}.bin")
    page.evaluate(START)
    page.evaluate(DRAW, SEVEN)
    expect(shown(page)).to_have_text("Looks like 7")
