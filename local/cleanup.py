"""A process that cleans up after a starter that was killed: it stops its children and removes its folders.

Run as a script in its own session: `python -I -S cleanup.py`. It reads lines from the starter through a pipe
(`group PGID SIGNAL`, `forget PGID`, `folder PATH`). When the pipe closes, the starter is gone.
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
    """The starter's end of the pipe. `ensure` replaces a cleanup process that died."""

    def __init__(self, lock_fd: int | None = None) -> None:
        """Start the process; `lock_fd` is a lock that it holds until it is done."""
        self._lock_fds = () if lock_fd is None else (lock_fd,)
        self._groups: dict[int, int] = {}
        self._folders: list[str] = []
        self._start()

    def ensure(self) -> None:
        """Start another process with the same tasks if it died."""
        if self._process.poll() is not None:
            self._start()

    def watch_group(self, pgid: int, stop_signal: int) -> None:
        """Stop the process group `pgid` with `stop_signal`, then SIGKILL, if it outlives us."""
        self._groups[pgid] = int(stop_signal)
        self._send(f"group {pgid} {int(stop_signal)}")

    def forget_group(self, pgid: int) -> None:
        """Forget a group that has ended, whose id may be reused."""
        self._groups.pop(pgid, None)
        self._send(f"forget {pgid}")

    def remove_folder_at_end(self, folder: str) -> None:
        """Remove `folder` once we are gone, for whatever reason."""
        self._folders.append(folder)
        self._send(f"folder {folder}")

    def finish(self) -> None:
        """Close the pipe, and wait until the process has cleaned up."""
        with contextlib.suppress(BrokenPipeError):
            self._pipe.close()
        self._process.wait()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, text=True, start_new_session=True, cwd="/", pass_fds=self._lock_fds,
        )  # fmt: skip
        if self._process.stdin is None:
            raise RuntimeError("Popen gave no pipe")
        self._pipe = self._process.stdin
        for pgid, stop_signal in self._groups.items():
            self._send(f"group {pgid} {stop_signal}")
        for folder in self._folders:
            self._send(f"folder {folder}")

    def _send(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # it died; `ensure` starts another with all tasks
            self._pipe.write(f"{line}\n")
            self._pipe.flush()


def read_tasks() -> tuple[dict[int, int], set[str]]:
    """Read until the pipe closes; return the groups left, with their stop signals, and the folders left."""
    groups: dict[int, int] = {}
    folders: set[str] = set()
    for line in sys.stdin:
        command, _, rest = line.rstrip("\n").partition(" ")
        if command == "group":
            pgid, stop_signal = rest.split()
            groups[int(pgid)] = int(stop_signal)
        elif command == "forget":
            groups.pop(int(rest), None)
        elif command == "folder":
            folders.add(rest)
    return groups, folders


def is_alive(pgid: int) -> bool:
    """Return whether the group has a process left. Init has adopted ours and reaps them."""
    try:
        os.killpg(pgid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def stop_groups(groups: dict[int, int]) -> None:
    """Send each group its stop signal, and SIGKILL to those left after PATIENCE_S seconds."""
    for pgid, stop_signal in groups.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pgid, stop_signal)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and any(is_alive(pgid) for pgid in groups):
        time.sleep(0.1)
    for pgid in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pgid, signal.SIGKILL)


def main() -> None:
    """Wait until the starter is gone, and clean up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups, folders = read_tasks()
    stop_groups(groups)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
