"""What looks at photographs: the functions of `ml.sheets` that need OpenCV, loaded when the first page comes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from ml.sheets.problems import Problem
from ml.sheets.template import Template


@dataclass(frozen=True)
class Tools:
    """The functions of `ml.sheets` that read a page: see there."""

    open_image: Callable[[bytes], Any]
    open_pdf: Callable[[bytes], list[bytes]]
    find_page: Callable[[Any], Any]
    cut_page: Callable[..., Any]
    find_table: Callable[[Any], Any]
    cut_table: Callable[[Any, Any], Any]
    is_same_form: Callable[[dict[str, Any], Any], bool]
    is_unmarked_page: Callable[[Any, Any, Template], bool]
    explain_missing: Callable[[Any], list[Problem]]


@cache
def load_tools() -> Tools:
    """Import them, which takes about 0.3 s once. Workers that get no sheets never need OpenCV."""
    from ml.sheets.cutting import cut_page
    from ml.sheets.decoding import open_image, open_pdf
    from ml.sheets.photographs.unmarked import is_unmarked_page
    from ml.sheets.registration import find_page
    from ml.sheets.tables import cut_table, find_table, is_same_form
    from ml.sheets.tables.quality import explain_missing

    return Tools(
        open_image,
        open_pdf,
        find_page,
        cut_page,
        find_table,
        cut_table,
        is_same_form,
        is_unmarked_page,
        explain_missing,
    )
