"""What the processes of a site use, from /proc."""

import os
from pathlib import Path

from tests.site import Site

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def process_ids(site: Site, name: str) -> list[int]:
    """Return the id of a child of the site and of all below it."""
    process = site.service(name).process
    assert process, name
    found = [process.pid]
    for pid in found:
        found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return found


def cpu_s(pids: list[int]) -> float:
    """Return the CPU time of processes, in seconds."""
    used = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids)
    return sum(int(fields[11]) + int(fields[12]) for fields in used) / TICKS_PER_S


def resident_bytes(pids: list[int]) -> dict[int, int]:
    """Return the memory that each process holds, in bytes."""
    return {pid: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES for pid in pids}
