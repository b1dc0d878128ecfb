"""`.venv`: created, installed from a hash-locked list, and rebuilt after an interrupted installation."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from local.paths import ROOT
from local.supervisor import Supervisor
from local.terminal import SetupError, step

VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
REQUIREMENTS = ROOT / "requirements"
OLDEST, TOO_NEW = (3, 11), (3, 14)
INCLUDED_IN = {
    "worker": ("worker", "training", "dev"),
    "training": ("training", "dev"),
    "dev": ("dev",),
    "bench": ("bench",),
    "local": ("local",),
}


def ensure(wanted: str, supervisor: Supervisor) -> None:
    """Install the set `wanted`, one of INCLUDED_IN, into `.venv`, exactly as its lock says.

    Does nothing if it is installed already.

    Raises:
        SetupError: if it cannot be installed.
    """
    remove_interrupted()
    if not works():
        _make(supervisor)
    if any(
        _stamp(name).exists() and _stamp(name).read_text() == fingerprint(_lock(name)) for name in INCLUDED_IN[wanted]
    ):
        return
    count = _lock(wanted).read_text().count("==")
    step(
        f"Installing {count} packages into .venv (requirements/{wanted}.txt); only the first time, and when it changes"
    )
    _marker().touch()
    status = supervisor.run("pip", [
        str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
        "--progress-bar", "off", "--require-hashes", "-r", str(_lock(wanted)),
    ])[0]  # fmt: skip
    _marker().unlink()  # pip was not killed, so no package is half-written
    if status:
        raise SetupError(
            f"pip could not install requirements/{wanted}.txt.{_compiler_hint()}\n{supervisor.tail('pip')}"
        )
    _stamp(wanted).write_text(fingerprint(_lock(wanted)))


def remove_interrupted() -> None:
    """Remove a `.venv` whose installation was interrupted: pip cannot detect a half-written package."""
    if _marker().exists():
        step("An earlier installation was interrupted: rebuilding .venv")
        shutil.rmtree(VENV)


def works() -> bool:
    """Return whether `.venv` has a Python of a version we support, and pip."""
    asked = (
        f"import sys, importlib.util as u; assert {OLDEST} <= sys.version_info[:2] < {TOO_NEW} and u.find_spec('pip')"
    )
    try:
        return subprocess.run([PYTHON, "-c", asked], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def package_folder(name: str, supervisor: Supervisor) -> Path:
    """Return the folder of a package without importing it; installs the `local` set if it is missing."""
    code = f"import importlib.util as u; s = u.find_spec({name!r}); print(s.submodule_search_locations[0] if s else '')"

    def find() -> str:
        return subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    found = find()
    if not found:
        ensure("local", supervisor)
        found = find()
    return Path(found)


def _make(supervisor: Supervisor) -> None:
    if not OLDEST <= sys.version_info[:2] < TOO_NEW:
        raise SetupError(
            f"Inkling needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}. Name one with PYTHON=..."
        )
    step(f"Creating .venv with Python {sys.version.split()[0]}")
    if VENV.exists():
        shutil.rmtree(VENV)
    if supervisor.run("venv", [sys.executable, "-m", "venv", str(VENV)])[0] or not works():
        raise SetupError(
            f"{sys.executable} cannot create a virtual environment: its venv or ensurepip module is missing. Debian "
            f"and Ubuntu package them separately: apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv. "
            "Or name another Python: PYTHON=/path/to/python3 make ..."
        )


def _compiler_hint() -> str:
    """Return a hint if compilers are missing, which pip needs for packages without a wheel for this machine."""
    missing = [tool for tool in ("cc", "make") if shutil.which(tool) is None]
    if not missing:
        return ""
    return (
        f" This machine has no {' and no '.join(missing)}, which pip needs for packages without a wheel for it: "
        "install a C compiler and make (Debian: apt install build-essential; macOS: xcode-select --install)."
    )


def _stamp(name: str) -> Path:
    return VENV / f".inkling-{name}"


def _marker() -> Path:
    return VENV / ".inkling-installing"


def _lock(name: str) -> Path:
    return REQUIREMENTS / f"{name}.txt"


def fingerprint(lock: Path) -> str:
    """Return a hash of a lock's content."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()
