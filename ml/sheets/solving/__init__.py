"""Find the most likely table under its sums. Standard library only."""

from ml.sheets.solving.solver import CellInput, Solution, Solved, solve
from ml.sheets.solving.sums import Place, WrongSum, find_value, find_wrong_sums

__all__ = ["CellInput", "Place", "Solution", "Solved", "WrongSum", "find_value", "find_wrong_sums", "solve"]
