"""Tidy up behind a starter that was killed before it could: end its children's groups, remove its folders.

Run as a script in a session of its own: `python -I -S cleanup.py`. It reads lines from the starter through a pipe
(`group PGID SIGNAL`, `forget PGID`, `folder PATH`). When the pipe ends, so has the starter.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

PATIENCE_S = 7.0


class Cleanup:
    """The starter's end of the pipe. A cleanup that died is replaced by the next `ensure`."""

    def __init__(self, lock_fd: int | None = None) -> None:
        """`lock_fd`: a lock to hold on to until all is tidy."""
        self._lock_fds = () if lock_fd is None else (lock_fd,)
        self._groups: dict[int, int] = {}
        self._folders: list[str] = []
        self._hire()

    def ensure(self) -> None:
        """See that there is a cleanup, one that knows all that its forerunner knew."""
        if self._process.poll() is not None:
            self._hire()

    def watch_group(self, pgid: int, kind_signal: int) -> None:
        """End the process group `pgid` with `kind_signal`, then by force, if it outlives us."""
        self._groups[pgid] = int(kind_signal)
        self._tell(f"group {pgid} {int(kind_signal)}")

    def forget_group(self, pgid: int) -> None:
        """The group ended in our lifetime; its number may come to mean another's."""
        self._groups.pop(pgid, None)
        self._tell(f"forget {pgid}")

    def remove_folder_at_end(self, folder: str) -> None:
        """Remove `folder` once we are gone, whatever ends us."""
        self._folders.append(folder)
        self._tell(f"folder {folder}")

    def dismiss(self) -> None:
        """Let it do its last work, and wait for it."""
        with contextlib.suppress(BrokenPipeError):
            self._pipe.close()
        self._process.wait()

    def _hire(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, text=True, start_new_session=True, cwd="/", pass_fds=self._lock_fds,
        )  # fmt: skip
        if self._process.stdin is None:
            raise RuntimeError("Popen gave no pipe")
        self._pipe = self._process.stdin
        for pgid, kind_signal in self._groups.items():
            self._tell(f"group {pgid} {kind_signal}")
        for folder in self._folders:
            self._tell(f"folder {folder}")

    def _tell(self, order: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # it died; `ensure` hires another, who is told all
            self._pipe.write(f"{order}\n")
            self._pipe.flush()


def read_orders() -> tuple[dict[int, int], set[str]]:
    """What is left to tidy when the pipe ends: groups with the signal that ends each kindly, and folders."""
    groups: dict[int, int] = {}
    folders: set[str] = set()
    for line in sys.stdin:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "group":
            pgid, kind_signal = rest.split()
            groups[int(pgid)] = int(kind_signal)
        elif word == "forget":
            groups.pop(int(rest), None)
        elif word == "folder":
            folders.add(rest)
    return groups, folders


def is_alive(pgid: int) -> bool:
    """Return whether any process of the group is left. Ours were adopted by init, which reaps them."""
    try:
        os.killpg(pgid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end_groups(groups: dict[int, int]) -> None:
    """Ask each group with its own signal, and after PATIENCE_S seconds ask no more."""
    for pgid, kind_signal in groups.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pgid, kind_signal)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and any(is_alive(pgid) for pgid in groups):
        time.sleep(0.1)
    for pgid in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pgid, signal.SIGKILL)


def main() -> None:
    """Wait for the starter's end, whatever it is, and tidy."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups, folders = read_orders()
    end_groups(groups)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
