"""Become another program that cannot outlive the process that started it.

Run as a script, alone: `python -I -S child.py PARENT SIGNAL USER -- COMMAND ...`. A script and not a `preexec_fn`,
because Python may not run code between fork and exec of a process that has threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Take the user's id (`-` keeps ours), arm the death signal, and become COMMAND."""
    parent, death_signal, user = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    command = sys.argv[5:]
    if user != "-":
        uid, gid = (int(number) for number in user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After setuid, for a change of user disarms it. macOS has no such signal: there the cleanup alone ends us.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        sys.exit("the process that asked for this is gone")
    # The starter may have been told to ignore these; the program must hear them.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606 - becoming another program is the whole purpose
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
