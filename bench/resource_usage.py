"""Measure the CPU time and the memory of process trees."""

import contextlib
from collections.abc import Mapping
from types import TracebackType

import psutil


def tree(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a tree has used so far, with those of children that ended and were waited for."""
    total = 0.0
    for process in tree(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


def memory_mb(pid: int) -> float:
    """Return the PSS of a tree in MB (10^6 bytes); memory that processes share is counted once."""
    total = 0
    for process in tree(pid):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += process.memory_full_info().pss
    return total / 1e6


class ResourceUsage:
    """Context manager that measures process trees: CPU seconds by name, and at the end the memory of all together.

    Asking the kernel for PSS takes milliseconds of CPU time for each process, so it is not done meanwhile.
    """

    def __init__(self, pids: Mapping[str, int]) -> None:
        self.pids = pids
        self.cpu_s: dict[str, float] = {}
        self.memory_mb = 0.0

    def __enter__(self) -> "ResourceUsage":
        self._before = {name: cpu_s(pid) for name, pid in self.pids.items()}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.cpu_s = {name: cpu_s(pid) - self._before[name] for name, pid in self.pids.items()}
        self.memory_mb = sum(memory_mb(pid) for pid in self.pids.values())
