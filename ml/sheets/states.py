"""What was found in a cell. Standard library only, so that web processes can import it cheaply."""

from enum import StrEnum


class CellState(StrEnum):
    """What was found in a cell. Stored; never rename one."""

    WRITTEN = "written"
    EMPTY = "empty"
    CROSSED_OUT = "crossed_out"
    DITTO = "ditto"  # ditto marks: the value above counts
    NOT_READ = "not_read"  # a column of text, or one without a name
