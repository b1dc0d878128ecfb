"""What readings of cells are worth, and how many errors are left. Standard library only."""

from ml.sheets.calibration.cells import (
    DITTO_IS_DITTO,
    READ_IS_DITTO,
    Read,
    ReadCell,
    calibrate_table,
    expected_errors,
)

__all__ = ["DITTO_IS_DITTO", "READ_IS_DITTO", "Read", "ReadCell", "calibrate_table", "expected_errors"]
