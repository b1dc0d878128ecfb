"""A real pgbouncer in transaction mode between the site and its Postgres, with the settings that docker/ ships."""

import os
import shutil
import signal
from pathlib import Path

from local.paths import ROOT, User, make_folder
from local.supervisor import Service

SHIPPED = ROOT / "docker/pgbouncer/pgbouncer.ini"
PROGRAM_FOLDERS = f"{os.environ.get('PATH', '')}:/usr/sbin"


def find_program() -> str | None:
    """Return the path of pgbouncer, which Debian keeps in /usr/sbin."""
    return shutil.which("pgbouncer", path=PROGRAM_FOLDERS)


def make_pgbouncer(folder: Path, port: int, server: int, password: str, user: User | None) -> Service:
    """Return the service: it listens at `port` of loopback and leads to the Postgres at the port `server`.

    user: whom it runs as if we are root, which it refuses.
    """
    program = find_program()
    assert program, "no pgbouncer here (Debian: apt install pgbouncer)"
    own = make_folder(folder / "pgbouncer", 0o700, user)
    (own / "users.txt").write_text(f'"inkling" "{password}"\n')
    (own / "pgbouncer.ini").write_text(
        f"{SHIPPED.read_text()}listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_file = {own / 'users.txt'}\n[databases]\ninkling = host=127.0.0.1 port={server}\n"
    )
    for path in own.iterdir():
        path.chmod(0o400)
        if user:
            os.chown(path, user.uid, user.gid)
    command = [program, str(own / "pgbouncer.ini")]
    return Service(
        "pgbouncer", command, {"PATH": os.defpath}, user=str(user or "-"), stop_signal=signal.SIGINT, is_server=True
    )
