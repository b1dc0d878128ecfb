"""The first accounts, `demo` and `admin`, whose passwords survive a crash during setup."""

import json
import secrets
from pathlib import Path

from local.paths import write_secret
from local.supervisor import Supervisor
from local.terminal import SetupError
from local.venv import PYTHON

NAMES = ("demo", "admin")


def prepare(supervisor: Supervisor, run: Path, env: dict[str, str], own_database: bool) -> list[str]:
    """Prepare the database and its first accounts; return the lines to print about them.

    Passwords are written to `accounts.pending` before the database is changed, and the file is renamed to `accounts`
    afterwards: after a crash in between, they are in one of the two.
    """
    kept, pending = run / "accounts", run / "accounts.pending"
    is_fresh = not kept.exists() and not pending.exists()
    if is_fresh:
        write_secret(pending, "".join(f"{name}  {secrets.token_urlsafe(12)}\n" for name in NAMES))
    passwords = read_accounts(kept if kept.exists() else pending)
    created = _prepare_database(supervisor, env, passwords)
    if kept.exists():
        pending.unlink(missing_ok=True)
    elif created or (own_database and not is_fresh):  # or an earlier start crashed after it created them
        pending.replace(kept)
        created = True
    elif is_fresh:
        pending.unlink()
    return _describe(kept, pending, passwords, created, own_database)


def read_accounts(path: Path) -> dict[str, str]:
    """Return the passwords by name of an accounts file."""
    return dict(line.split() for line in path.read_text().splitlines() if line.strip())


def _describe(kept: Path, pending: Path, passwords: dict[str, str], created: bool, own_database: bool) -> list[str]:
    if created:
        return [f"{name}  {password}" for name, password in passwords.items()]
    if own_database:
        return [f"demo and admin: their passwords are in {kept}"]
    path = kept if kept.exists() else pending if pending.exists() else None
    return ["Accounts: the ones in your database" + (f"; {path} has the passwords of demo and admin" if path else "")]


def _prepare_database(supervisor: Supervisor, env: dict[str, str], passwords: dict[str, str]) -> bool:
    """Migrate, install the model and offer the accounts; return whether they were created."""
    stdin = json.dumps({"accounts": passwords})
    status, printed = supervisor.run("prepare", [str(PYTHON), "manage.py", "prepare"], env, stdin=stdin)
    try:
        if status:
            raise ValueError(f"status {status}")
        return bool(json.loads(printed.strip().splitlines()[-1])["accounts_created"])
    except (ValueError, LookupError) as error:
        log = supervisor.tail("prepare")
        hint = "\nA package is missing: delete .venv and start again." if "ModuleNotFoundError" in log else ""
        raise SetupError(f"The database could not be prepared ({error}).\n{log}{hint}") from None
