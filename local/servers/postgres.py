"""PostgreSQL as a child process: one cluster in its own folder, one role, one database, one socket."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from local.paths import User, make_folder
from local.servers.binaries import Postgres
from local.supervisor import Service, Supervisor
from local.terminal import SetupError, step

ROLE = "inkling"
OLD_SERVER_LIMIT_S = 10.0
ENV = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}  # without the user's PG* variables
# Only our role can connect; the superuser has no password and no way in.
HBA = f"local all {ROLE} scram-sha-256\n"
# For temporary servers: twice as fast, but not crash-safe.
FAST = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


def make_cluster(
    supervisor: Supervisor, postgres: Postgres, data: Path, password: str, user: User | None, fast: bool
) -> None:
    """Create the cluster at `data` with our role and database, atomically, unless it exists."""
    if data.exists():
        return
    step(f"Creating a PostgreSQL {postgres.major} database in {data}")
    draft = data.with_name(f"{data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    make_folder(draft, 0o700, user)
    owner = str(user or "-")
    _run_setup(supervisor, [
        str(postgres.bin / "initdb"), "-D", str(draft), "-U", "postgres", "--auth=trust", "--no-locale",
        "--encoding=UTF8", *(["--no-sync"] if fast else []),
    ], "", owner)  # fmt: skip
    # Single-user mode needs no client program and no socket; it takes one statement a line.
    rights = "LOGIN CREATEDB" if fast else "LOGIN"
    _run_setup(supervisor, [str(postgres.bin / "postgres"), "--single", "-D", str(draft), "postgres"], (
        f"CREATE ROLE {ROLE} {rights} PASSWORD '{password}'\n"
        f"CREATE DATABASE {ROLE} OWNER {ROLE}\n"
    ), owner)  # fmt: skip
    (draft / "pg_hba.conf").write_text(HBA)  # replaces "trust" before the first start
    draft.rename(data)


def _run_setup(supervisor: Supervisor, command: list[str], stdin: str, owner: str) -> None:
    supervisor.log_of("postgres-setup").unlink(missing_ok=True)
    status, _ = supervisor.run("postgres-setup", command, ENV, Path("/"), stdin=stdin, user=owner)
    log = supervisor.log_of("postgres-setup").read_text(errors="replace")
    if status or "ERROR:" in log or "FATAL:" in log:
        raise SetupError(f"PostgreSQL could not create its database.\n{supervisor.tail('postgres-setup')}")


def service(postgres: Postgres, data: Path, sockets: Path, user: User | None, fast: bool) -> Service:
    """Return the server of the cluster at `data`. It listens on a socket in `sockets` and on no network address."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "log_min_error_statement": "panic",  # one that failed may hold a session's key or a drawing
        "log_error_verbosity": "terse",  # and so may the row that a constraint refused
    }
    command = [str(postgres.bin / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    return Service(
        "postgres", command + (FAST if fast else []), ENV, user=str(user or "-"),
        stop_signal=signal.SIGINT, is_server=True,
    )  # fmt: skip


def url(sockets: Path, password: str) -> str:
    """Return the DATABASE_URL of our role."""
    return f"postgres://{ROLE}:{password}@/{ROLE}?host={quote(str(sockets))}"


def is_ready(data: Path, server: Service) -> bool:
    """Return whether `server` accepts connections, according to postmaster.pid."""
    with contextlib.suppress(OSError, IndexError):
        lines = (data / "postmaster.pid").read_text().split("\n")
        if server.process:
            return lines[0] == str(server.process.pid) and lines[7].strip() == "ready"
    return False


def clear_stale(data: Path, sockets: Path) -> None:
    """Remove the files of a killed server once its process is gone. Raises SetupError if it is still running.

    Postgres would remove most of them, but refuses to start if its old process id now belongs to another program.
    """
    left = data / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int(left.read_text().split("\n")[0])
        deadline = time.monotonic() + OLD_SERVER_LIMIT_S
        while "postgres" in command_line(pid):
            if time.monotonic() > deadline:
                raise SetupError(
                    f"An earlier PostgreSQL (process {pid}) is still running on {data}. Stop it: kill -INT {pid}"
                )
            time.sleep(0.2)
    left.unlink(missing_ok=True)
    for path in sockets.iterdir():
        path.unlink()


def command_line(pid: int) -> str:
    """Return the command line of the process `pid`; empty if there is none."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    return subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
