"""The limits of this process, which the operating system enforces. POSIX only."""

import contextlib
import math
import resource
import time
from pathlib import Path

OPEN_FILES = 16


def limit_process(memory_bytes: int) -> None:
    """Let this process take no more memory than `memory_bytes` beyond what it has, write no file and leave no core."""
    limits = {resource.RLIMIT_FSIZE: 0, resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: OPEN_FILES}
    if (taken := _taken_bytes()) is not None:
        limits[resource.RLIMIT_AS] = taken + memory_bytes
    for kind, limit in limits.items():
        with contextlib.suppress(OSError, ValueError):  # a lower limit is in force
            resource.setrlimit(kind, (limit, limit))


def limit_cpu(seconds: int) -> None:
    """End this process by SIGXCPU once it has taken `seconds` more of CPU."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + seconds, hard))


def _taken_bytes() -> int | None:
    """Return the size of this process' address space; None where /proc is missing."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return None
