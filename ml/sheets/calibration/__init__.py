"""What readings of cells are worth, and how many errors are left. Standard library only."""

from ml.sheets.calibration.cells import Read, ReadCell, calibrate_table, expected_errors

__all__ = ["Read", "ReadCell", "calibrate_table", "expected_errors"]
