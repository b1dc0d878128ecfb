"""A filled-in page as it is photographed: print, handwriting and paper, in px."""

from collections.abc import Mapping

import numpy as np
import pypdfium2
from numpy.typing import NDArray

from ml.evaluation.sheets.entries import Entry
from ml.evaluation.sheets.handwriting import InkLayer, Writer, write_entry
from ml.sheets.layout import PageLayout, lay_out
from ml.sheets.printing import draw_pages
from ml.sheets.solving import Place
from ml.sheets.template import Template

PX_PER_MM = 11.0
MM_PER_POINT = 25.4 / 72
INKS = ((25, 30, 45), (28, 45, 130), (20, 20, 22), (40, 60, 150), (95, 95, 98))  # the last is pencil
PAPER_COLOURS = ((250, 249, 245), (244, 245, 248), (240, 236, 226))

Picture = NDArray[np.uint8]  # (h, w, 3)


def draw_paper(
    template: Template, code: str, entries: Mapping[Place, Entry], writer: Writer, rng: np.random.Generator
) -> tuple[Picture, PageLayout]:
    """Return the first page of a template, printed and filled in, and its layout."""
    layout = lay_out(template)[0]
    printed = print_page(draw_pages(template, [code] * layout.pages))
    ink = InkLayer(layout.width_mm, layout.height_mm, PX_PER_MM)
    for cell in layout.cells:
        if entry := entries.get((cell.row, cell.column)):
            write_entry(ink, cell, entry, writer, rng)
    return put_ink(printed, ink.pixels, rng), layout


def print_page(pdf: bytes) -> NDArray[np.uint8]:
    """Return the first page of a PDF, (h, w), 255 = paper."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0]
        return np.ascontiguousarray(page.render(scale=PX_PER_MM * MM_PER_POINT, grayscale=True).to_numpy().squeeze())
    finally:
        document.close()


def put_ink(printed: NDArray[np.uint8], ink: NDArray[np.uint8], rng: np.random.Generator) -> Picture:
    """Return the printed page, (h, w) or (h, w, 3), in colour, with ink of one colour on it."""
    paper = np.array(PAPER_COLOURS[int(rng.integers(len(PAPER_COLOURS)))], np.float32)
    colour = np.array(INKS[int(rng.integers(len(INKS)))], np.float32)
    height, width = min(printed.shape[0], ink.shape[0]), min(printed.shape[1], ink.shape[1])
    strength = rng.uniform(0.8, 1.0)
    cover = (ink[:height, :width].astype(np.float32) / 255 * strength)[:, :, None]
    base = printed.reshape(*printed.shape[:2], -1)[:height, :width].astype(np.float32) / 255 * paper
    return np.asarray(np.clip(base * (1 - cover) + np.minimum(base, colour) * cover, 0, 255), np.uint8)
