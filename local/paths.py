"""Paths: the checkout, `.run/`, and folders that Postgres' user can reach."""

import contextlib
import hashlib
import json
import os
import pwd
import secrets
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / ".run"
SOCKET_PATH_LIMIT = 100  # Linux allows 107 bytes, macOS 103
LONGEST_SOCKET = "postgres/.s.PGSQL.5432"


@dataclass(frozen=True)
class User:
    """The user that Postgres runs as when we are root, which it refuses."""

    name: str
    uid: int
    gid: int

    def __str__(self) -> str:
        return f"{self.uid}:{self.gid}"


def server_user(folder: Path) -> User | None:
    """Return the unprivileged user for Postgres: the owner of data in `folder`, if any. None if we are not root."""
    if os.geteuid() != 0:
        return None
    for data in sorted(folder.glob("postgres-*")):
        if owner := data.stat().st_uid:
            entry = pwd.getpwuid(owner)
            return User(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return User(name, entry.pw_uid, entry.pw_gid)
    return User("65534", 65534, 65534)


def can_use(user: User | None, path: Path) -> bool:
    """Return whether `user` may enter the folder, or run the program, at `path`."""
    if user is None:
        return os.access(path, os.X_OK)
    return subprocess.run(
        ["test", "-x", str(path)], user=user.uid, group=user.gid, extra_groups=[], cwd="/", check=False
    ).returncode == 0  # fmt: skip


def make_folder(path: Path, mode: int = 0o700, user: User | None = None) -> Path:
    """Create `path` with exactly `mode`, owned by `user` if given."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    if user:
        os.chown(path, user.uid, user.gid)
    return path


def open_run_folder(path: Path) -> Path:
    """Create a run folder that only we can read. Root's can be entered, for Postgres' user."""
    return make_folder(path, 0o711 if os.geteuid() == 0 else 0o700)


def server_folder(run: Path) -> Path:
    """Return the folder for the servers' data: `run`, or one in /var/lib if Postgres' user cannot reach that."""
    if can_use(server_user(run), run):
        return run
    return make_folder(Path("/var/lib") / f"inkling-{hashlib.sha256(str(run).encode()).hexdigest()[:12]}", 0o711)


def short_folder() -> Path:
    """Create a temporary folder with a path short enough for sockets."""
    base = "/tmp" if os.access("/tmp", os.W_OK | os.X_OK) else None  # noqa: S108 - mkdtemp makes it private
    return open_run_folder(Path(tempfile.mkdtemp(prefix="inkling-", dir=base)))


def takes_sockets(folder: Path) -> bool:
    """Return whether a Unix socket can be opened in `folder`: its path must be short and its file system support it."""
    if len(os.fsencode(folder / LONGEST_SOCKET)) > SOCKET_PATH_LIMIT:
        return False
    probe = folder / f"probe-{os.getpid()}"
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(probe))
    except OSError:
        return False
    finally:
        probe.unlink(missing_ok=True)
    return True


def write_secret(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, readable by us only."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_json(path: Path) -> dict[str, str]:
    """Return the JSON object in the file `path`, or {} if it is missing or broken."""
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        kept: dict[str, str] = json.loads(path.read_text())
        return kept
    return {}


def keep_secrets(run: Path) -> dict[str, str]:
    """Return the secret key and the servers' passwords, created on first use and kept in `run`."""
    path = run / "secrets.json"
    kept = read_json(path)
    names = ("secret_key", "database_password", "redis_password")
    if not all(name in kept for name in names):
        kept = {name: secrets.token_urlsafe(48 if name == "secret_key" else 24) for name in names} | kept
        write_secret(path, json.dumps(kept))
    return kept
