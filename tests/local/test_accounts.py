"""The first accounts' passwords are printed once, kept, and survive a crash."""

from pathlib import Path

import pytest

from local import accounts
from local.supervisor import Supervisor


class Database:
    """A stand-in for `manage.py prepare` that can crash after it created the accounts."""

    def __init__(self) -> None:
        self.passwords: dict[str, str] = {}
        self.crashes = False

    def prepare(self, supervisor: Supervisor, env: dict[str, str], passwords: dict[str, str]) -> bool:
        is_empty = not self.passwords
        self.passwords = self.passwords or passwords
        if self.crashes:
            raise KeyboardInterrupt
        return is_empty


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database()
    monkeypatch.setattr(accounts, "_prepare_database", database.prepare)
    return database


def prepare(run: Path, own_database: bool = True) -> list[str]:
    return accounts.prepare(None, run, {}, own_database)  # type: ignore[arg-type]


def test_passwords_are_printed_on_the_first_start_only(tmp_path: Path, database: Database) -> None:
    first = prepare(tmp_path)
    assert first == [f"{name}  {password}" for name, password in database.passwords.items()]
    assert prepare(tmp_path) == [f"demo and admin: their passwords are in {tmp_path / 'accounts'}"]
    assert accounts.read_accounts(tmp_path / "accounts") == database.passwords


def test_a_crash_after_the_accounts_were_created_loses_no_password(tmp_path: Path, database: Database) -> None:
    database.crashes = True
    with pytest.raises(KeyboardInterrupt):
        prepare(tmp_path)
    database.crashes = False
    lines = prepare(tmp_path)
    assert lines == [f"{name}  {password}" for name, password in database.passwords.items()]
    assert accounts.read_accounts(tmp_path / "accounts") == database.passwords
    assert not (tmp_path / "accounts.pending").exists()


def test_an_own_database_with_users_gets_no_accounts(tmp_path: Path, database: Database) -> None:
    database.passwords = {"alice": "her own"}
    assert prepare(tmp_path, own_database=False) == ["Accounts: the ones in your database"]
    assert database.passwords == {"alice": "her own"}
    assert list(tmp_path.iterdir()) == []
