"""Templates on paper: the PDF to print and its preview, both made of the same shapes. Needs reportlab, no NumPy."""

from ml.sheets.printing.drawing import Words
from ml.sheets.printing.pdf import draw_pages

__all__ = ["Words", "draw_pages"]
