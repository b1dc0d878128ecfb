"""Pictures on the drawing page: uploaded, dropped, pasted and taken by camera, sent, refused and canceled."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Account, OpenPage
from tests.browser.person import dark_share, draw, log_in, provoked
from tests.browser.picture_files import (
    NEWEST,
    Bring,
    choose,
    draw_picture,
    drop,
    encode,
    newest_picture,
    noise,
    panel,
    paste,
    payload,
    send,
)
from tests.site import Site

KEEP_WHAT_IS_SENT = """() => {
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (form) { window.sent = form.get("image"); send.call(this, form); };
}"""


@pytest.mark.parametrize(("bring", "source"), [(choose, "upload"), (drop, "upload"), (paste, "paste")])
def test_a_picture_is_sent_as_it_is_and_read(alice: Page, service: Site, bring: Bring, source: str) -> None:
    file = payload()
    bring(alice, file)
    expect(panel(alice).get_by_role("img", name="Your picture")).to_be_visible()
    expect(alice.get_by_role("status")).to_contain_text("Crop it to the number")
    alice.evaluate(KEEP_WHAT_IS_SENT)
    assert "7" in send(alice)
    assert bytes(alice.evaluate("window.sent.arrayBuffer().then(sent => [...new Uint8Array(sent)])")) == file["buffer"]
    assert newest_picture(service) == (source, 300, 300)
    expect(panel(alice).get_by_role("button", name="Crop again")).to_be_visible()


def test_a_phone_takes_a_picture_by_camera(phone: Page, service: Site) -> None:
    button = phone.get_by_role("button", name="Camera")
    with phone.expect_file_chooser() as chooser:
        button.tap()
    assert chooser.value.element.get_attribute("capture") == "environment"
    chooser.value.set_files([payload(encode(draw_picture(), "JPEG"), "image.jpg", "image/jpeg")])
    picture = panel(phone).locator("[data-picture-paper]")
    expect(picture).to_be_in_viewport(ratio=1)
    for name in ("Send", "Rotate", "Back to drawing"):
        expect(panel(phone).get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    panel(phone).get_by_role("button", name="Send").tap()
    expect(phone.locator("[data-text]")).to_have_text("7")
    assert newest_picture(service) == ("camera", 300, 300)
    assert phone.evaluate("scrollY") == 0
    expect(picture).to_be_in_viewport(ratio=1)


def test_a_desktop_offers_no_camera(alice: Page) -> None:
    expect(alice.get_by_role("button", name="Upload a picture")).to_be_visible()
    expect(alice.get_by_role("button", name="Camera")).to_be_hidden()


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_the_same_picture_sent_again_is_stored_once(alice: Page, service: Site) -> None:
    choose(alice, payload())
    send(alice)
    before = service.query(NEWEST.replace("source, width, height", "key"))
    panel(alice).get_by_role("button", name="Crop again").click()
    assert "7" in send(alice)
    assert service.query(NEWEST.replace("source, width, height", "key")) == before


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_what_is_written_is_chosen_for_a_picture_too(alice: Page, service: Site) -> None:
    choose(alice, payload())
    panel(alice).get_by_label("I am writing").select_option("digits only, such as 0042")
    assert "7" in send(alice)
    assert service.query(NEWEST.replace("source, width, height", "expects->>'kind'")) == [("digits",)]
    panel(alice).get_by_role("button", name="Back to drawing").click()
    choice = alice.locator("[data-pad]").get_by_label("I am writing")
    choice.select_option("anything")


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_the_drawing_waits_while_a_picture_is_shown(alice: Page) -> None:
    draw(alice)
    ink = dark_share(alice)
    choose(alice, payload())
    expect(alice.locator("[data-canvas]")).to_be_hidden()
    expect(alice.get_by_role("heading", name="Read a picture", exact=True)).to_be_visible()
    expect(alice.get_by_text("with a mouse, finger or pen")).to_be_hidden()
    alice.keyboard.press("Escape")
    expect(alice.get_by_role("heading", name="Draw a digit", exact=True)).to_be_visible()
    assert dark_share(alice) == ink > 0


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_another_format_that_the_browser_shows_is_converted(alice: Page, service: Site) -> None:
    choose(alice, payload(encode(draw_picture(), "GIF"), "seven.gif", "image/gif"))
    assert "7" in send(alice)
    assert newest_picture(service) == ("upload", 300, 300)


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_a_picture_over_the_limit_is_refused_before_it_is_sent(alice: Page) -> None:
    alice.locator("[data-picture]").evaluate("section => section.dataset.limitBytes = 1000")
    asked: list[str] = []
    alice.on("request", lambda request: asked.append(request.method))
    choose(alice, payload())
    panel(alice).get_by_role("button", name="Send").click()
    expect(alice.get_by_role("status")).to_contain_text("This picture is too large: at most 25 MB, and 16 megapixels")
    assert "POST" not in asked
    alice.close()  # with its listener


@pytest.mark.long  # see the quick ones above: 3 to 8 s
@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (429, '{"error": {"code": "too_many_requests", "message": ""}}', "Too many requests. Wait a moment"),
        (401, '{"error": {"code": "not_authenticated", "message": ""}}', "no longer logged in"),
        (413, "<h1>Too large</h1>", "too large: at most 25 MB"),
        (500, "<h1>Error</h1>", "Your picture stays here; send it again"),
    ],
)
def test_an_error_is_a_sentence_and_a_retry_has_the_same_key(
    alice: Page, faults: list[str], status: int, body: str, sentence: str
) -> None:
    keys = []

    def refuse_once(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.fulfill(status=status, body=body) if len(keys) == 1 else route.continue_()

    alice.route("**/api/v1/submissions/", refuse_once)
    choose(alice, payload())
    with provoked(alice, faults, str(status)):
        panel(alice).get_by_role("button", name="Send").click()
    expect(alice.get_by_role("status")).to_contain_text(sentence)
    assert "7" in send(alice)
    assert len(keys) == 2 and len(set(keys)) == 1


@pytest.mark.long  # see the quick ones above: 3 to 8 s
@pytest.mark.parametrize("by_key", [False, True], ids=["button", "key"])
def test_an_upload_shows_its_progress_and_can_be_canceled(alice: Page, service: Site, by_key: bool) -> None:
    network = alice.context.new_cdp_session(alice)
    speed = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    choose(alice, payload(noise(800)))
    expect(panel(alice).get_by_role("button", name="Send")).to_be_focused()
    network.send("Network.emulateNetworkConditions", speed)
    before = service.query("SELECT count(*) FROM predictions_submission")
    panel(alice).get_by_role("button", name="Send").click()
    progress = panel(alice).get_by_role("progressbar", name="Sent so far")
    expect(progress).to_be_visible()
    alice.wait_for_function("() => document.querySelector('[data-picture-progress]').value > 0.1")
    cancel = panel(alice).get_by_role("button", name="Cancel")
    expect(cancel).to_be_focused()
    alice.keyboard.press("Escape") if by_key else cancel.click()
    expect(alice.get_by_role("status")).to_contain_text("Canceled. Nothing was sent.")
    expect(panel(alice).get_by_role("button", name="Send")).to_be_focused()
    assert service.query("SELECT count(*) FROM predictions_submission") == before
    network.send("Network.emulateNetworkConditions", {**speed, "uploadThroughput": -1})
    network.detach()


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_a_picture_that_could_not_be_read_can_be_cropped_again(alice: Page) -> None:
    blank = draw_picture("1", side=200)
    blank.paste("white", (0, 0, 200, 200))
    choose(alice, payload(encode(blank)))
    panel(alice).get_by_role("button", name="Send").click()
    expect(alice.get_by_role("status")).to_contain_text("Nothing is written in this picture")
    expect(panel(alice).get_by_role("button", name="Send")).to_be_visible()


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_advice_on_a_picture_is_not_to_draw(alice: Page) -> None:
    stain = draw_picture("1", side=200)
    stain.paste("white", (0, 0, 200, 200))
    stain.paste("black", (60, 80, 140, 120))
    choose(alice, payload(encode(stain)))
    text = send(alice)
    assert "closer" in text
    assert "draw" not in text.lower()


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_ink_of_any_color_shows_on_a_transparent_picture(alice: Page) -> None:
    choose(alice, payload())
    paper = panel(alice).locator("[data-picture-paper]")
    assert "conic-gradient" in paper.evaluate("paper => getComputedStyle(paper).backgroundImage")


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_a_log_out_in_another_tab_takes_the_picture_away(
    service: Site, make_account: Account, new_page: OpenPage
) -> None:
    page = new_page()
    log_in(page, service.url, *make_account("bob"))
    choose(page, payload())
    send(page)
    choose(page, payload())  # one that was not sent goes without a question
    expect(panel(page).get_by_role("button", name="Send")).to_be_focused()
    other = page.context.new_page()
    other.goto(f"{service.url}/accounts/logout/")
    other.get_by_role("main").get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Inkling reads")).to_be_visible()
    expect(page.locator("[data-picture]")).to_have_count(0)


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_pasted_text_is_left_alone(alice: Page) -> None:
    alice.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "7");
            document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
        }"""
    )
    expect(panel(alice)).to_be_hidden()
    expect(alice.locator("[data-canvas]")).to_be_visible()


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_guests_see_no_picture_tools_and_are_told_of_an_account(service: Site, new_page: OpenPage) -> None:
    page = new_page()
    page.goto(service.url)
    expect(page.locator("[data-pick], [data-picture-input]")).to_have_count(0)
    paste(page, payload())
    expect(page.locator("[data-canvas]")).to_be_visible()
    expect(page.get_by_text(re.compile("Sign up to keep it, and to send pictures"))).to_be_visible()


@pytest.mark.long  # see the quick ones above: 3 to 8 s
def test_the_code_for_pictures_is_loaded_with_the_first_one(alice: Page) -> None:
    loaded = "() => performance.getEntriesByType('resource').filter(({name}) => /picture[_.]/.test(name)).length"
    assert alice.evaluate(loaded) == 0
    choose(alice, payload())
    expect(panel(alice)).to_be_visible()
    assert alice.evaluate(loaded) > 0
