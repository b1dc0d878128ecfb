"""What a cell holds, by its ink alone."""

from ml.sheets.cell_states.finding import find_cell_state

__all__ = ["find_cell_state"]
