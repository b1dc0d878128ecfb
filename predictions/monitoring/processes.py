"""How the web processes of one gunicorn count together: each writes to files of its own in one folder.

A file belongs to a slot, not to a process: one that takes the place of a dead process goes on with its files. So there
are never more files than processes at a time, and no count ever falls. Standard library only: gunicorn's configuration
imports this before the application is loaded.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # as prometheus_client calls it
PREFIX = "inkling-metrics-"
MEMORY = Path("/dev/shm")  # noqa: S108 - mapped files on a disk that is full would end the process

slot = "master"  # of this process; `take` changes it after the fork


def open_folder() -> None:
    """Make the folder of this gunicorn, and remove those of others that have ended. Again, it changes nothing."""
    ours = f"{PREFIX}{os.getpid()}-"
    if Path(os.environ.get(FOLDER, "")).name.startswith(ours):
        return
    parent = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for old in parent.glob(f"{PREFIX}*"):
        if not _is_running(old.name.removeprefix(PREFIX).partition("-")[0]):
            shutil.rmtree(old, ignore_errors=True)  # another user's cannot be removed
    os.environ[FOLDER] = tempfile.mkdtemp(prefix=ours, dir=parent)


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def remove_folder() -> None:
    """Remove the folder of this gunicorn."""
    if folder := os.environ.get(FOLDER):
        shutil.rmtree(folder, ignore_errors=True)


def free_slot(workers: Iterable[Any]) -> str:
    """Return the lowest number that none of gunicorn's workers has as `slot`."""
    taken = {getattr(worker, "slot", "") for worker in workers}
    return next(number for number in map(str, range(len(taken) + 1)) if number not in taken)


def take(number: str) -> None:
    """Let this process write to the files of a slot."""
    global slot
    slot = number
