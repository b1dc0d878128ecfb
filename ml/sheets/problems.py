"""What may be wrong with a photograph of a page, and what of it asks for another one."""

from typing import NamedTuple

CODE_PROBLEMS = ("no_code", "code_hidden")  # can't be read, and can't be seen; neither matters if it is not needed
FATAL_PROBLEMS = ("no_page", "marks_missing", "cells_missing", "too_small", "blurred", "dark", *CODE_PROBLEMS)
FATAL_FOR_TABLES = ("too_small", "blurred", "dark", "glare")  # those of somebody else's: only lines tell the cells
PROBLEMS = (*FATAL_PROBLEMS, "slightly_blurred", "cut_off", "shadow", "glare", "covered", "several_tables")


class Problem(NamedTuple):
    """Something wrong with a photograph.

    Attributes:
        kind: one of `PROBLEMS`; fatal ones ask for another photograph, the others are only told.
        place: where, as "upper left"; "" for the whole page.
    """

    kind: str
    place: str = ""
