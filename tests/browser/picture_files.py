"""Picture files for tests, and the ways in which people bring them to the drawing page."""

import base64
import io
import os
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Locator, Page

from tests.browser.person import SEVEN
from tests.site import Site

Bring = Callable[..., None]  # a way in which people bring files to a page
ROTATED = 0x0112  # the EXIF tag of the orientation
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)
ONE = [[(0.5, 0.2), (0.5, 0.8)]]
DIGITS = {"7": SEVEN, "1": ONE}
NEWEST = """
    SELECT source, width, height FROM predictions_submission JOIN predictions_drawing ON submission_id = key
    WHERE owner_id IS NOT NULL ORDER BY key DESC LIMIT 1"""
_MAKE_FILES = """files => {
    const data = new DataTransfer();
    for (const {name, type, content} of files) {
        const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
        data.items.add(new File([bytes], name, {type}));
    }
    return data;
}"""


def draw_picture(digits: str = "7", side: int = 300) -> Image.Image:
    """Return a white picture of digits next to one another, each in a square of its own."""
    image = Image.new("RGB", (side * len(digits), side), "white")
    pen = ImageDraw.Draw(image)
    for place, digit in enumerate(digits):
        for stroke in DIGITS[digit]:
            points = [((place + x) * side, y * side) for x, y in stroke]
            pen.line(points, fill="black", width=side // 14, joint="curve")
    return image


def encode(image: Image.Image, format_: str = "PNG", orientation: int = 1) -> bytes:
    """Return the picture as a file. orientation: of EXIF, by which a viewer has to turn it."""
    exif, data = Image.Exif(), io.BytesIO()
    exif[ROTATED] = orientation
    image.save(data, format_, **({"exif": exif} if orientation > 1 else {}))
    return data.getvalue()


def noise(side: int) -> bytes:
    """Return a PNG that cannot be compressed, for an upload that takes time."""
    return encode(Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)))


def payload(content: bytes | None = None, name: str = "seven.png", type_: str = "image/png") -> FilePayload:
    """Return a file as Playwright takes it; by default a seven."""
    return {"name": name, "mimeType": type_, "buffer": encode(draw_picture()) if content is None else content}


SEVENTY_ONE = payload(encode(draw_picture("71")))


def choose(page: Page, *files: FilePayload, source: str = "upload") -> None:
    """Choose files in the page's dialog, or take one by camera."""
    page.locator("[data-pad]:not([aria-busy])").wait_for(state="attached")
    page.locator(f"[data-picture-input={source}]").set_input_files(files)


def _transfer(page: Page, files: Sequence[FilePayload]) -> object:
    contents = [
        {"name": one["name"], "type": one["mimeType"], "content": base64.b64encode(one["buffer"]).decode()}
        for one in files
    ]
    return page.evaluate_handle(_MAKE_FILES, contents)


def drop(page: Page, *files: FilePayload) -> None:
    """Drop files onto the page."""
    page.locator("[data-pad]:not([aria-busy])").wait_for(state="attached")
    data = _transfer(page, files)
    for kind in ("dragover", "drop"):
        page.locator("main").dispatch_event(kind, {"dataTransfer": data})


def paste(page: Page, *files: FilePayload) -> None:
    """Paste files into the page."""
    page.locator("[data-pad]:not([aria-busy])").wait_for(state="attached")
    script = """(main, data) => main.dispatchEvent(
        new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}))"""
    page.locator("main").evaluate(script, _transfer(page, files))


def panel(page: Page) -> Locator:
    """Return the place where a picture is shown."""
    return page.get_by_role("region", name="Your picture")


def send(page: Page) -> str:
    """Press Send and return the message of the reading."""
    panel(page).get_by_role("button", name="Send").click()
    page.locator("[data-answer]:is([data-state=digit], [data-state=unsure], [data-state=not_a_digit])").wait_for()
    return page.get_by_role("status").inner_text()


def edge(page: Page, name: str) -> Locator:
    """Return the edge of that name of the picture's frame."""
    return panel(page).get_by_role("slider", name=f"{name} edge")


def newest_picture(service: Site) -> tuple[str, int, int]:
    """Return source, width and height of what was sent last."""
    ((source, width, height),) = service.query(NEWEST)
    return source, width, height
