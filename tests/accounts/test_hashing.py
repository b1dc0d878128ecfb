"""How passwords are hashed, old hashes, and that the work of a log-in is the same for known and unknown names."""

import os
import subprocess
import sys
import threading

import pytest
from argon2 import extract_parameters
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, make_password
from django.test import Client

from accounts.identity import hashing
from accounts.models import User
from tests.accounts.test_flows import PASSWORD

ARGON2, PBKDF2 = "accounts.identity.hashing.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"

HASHES = {
    "argon2": "argon2$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$u1eXL7AzVMnCuRfmd+GAF5Ijm0UHgHvXGKOU7vbtUAI",
    "pbkdf2": "pbkdf2_sha256$1000000$salt$hash",
    "unreadable": "md5$salt$hash",
}


@pytest.fixture
def hash_really(settings):
    """Hash as a site does: by Argon2 first."""
    settings.PASSWORD_HASHERS = [ARGON2, PBKDF2]


@pytest.fixture
def hashed(monkeypatch):
    """Return the list of the kinds that hash from now on, in order."""
    taken = []
    for hasher in (hashing.Argon2, PBKDF2PasswordHasher):
        monkeypatch.setattr(hasher, "encode", lambda hasher, *_args: taken.append(hasher.algorithm) or "x$y")
        monkeypatch.setattr(hasher, "verify", lambda hasher, *_args: taken.append(hasher.algorithm))
    return taken


def test_argon2_takes_19_mib_two_passes_and_one_lane(hash_really):
    found = extract_parameters(make_password(PASSWORD).removeprefix("argon2"))
    assert (found.memory_cost, found.time_cost, found.parallelism) == (19 * 1024, 2, 1)
    assert found.type.name == "ID"


@pytest.mark.parametrize(("first", "second", "begins"), [(ARGON2, PBKDF2, "argon2$"), (PBKDF2, ARGON2, "pbkdf2_")])
def test_both_kinds_are_read_and_the_first_replaces_the_other_at_log_in(db, settings, first, second, begins):
    settings.PASSWORD_HASHERS = [second]
    User.objects.create_user("alice", "", PASSWORD)
    settings.PASSWORD_HASHERS = [first, second]
    assert Client().post("/accounts/login/", {"login": "alice", "password": PASSWORD}).status_code == 302
    stored = User.objects.get().password
    assert stored.startswith(begins)
    assert check_password(PASSWORD, stored)


@pytest.mark.parametrize(("chosen", "first"), [("", ARGON2), ("argon2", ARGON2), ("pbkdf2", PBKDF2)])
def test_the_setting_decides_which_kind_is_written(chosen, first):
    code = "from config import settings; print(settings.PASSWORD_HASHERS[0], len(settings.PASSWORD_HASHERS))"
    env = os.environ | {"PASSWORD_HASHER": chosen}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [first, "2"]


@pytest.mark.parametrize("stored", ["argon2", "pbkdf2", "unreadable", None])
@pytest.mark.parametrize("is_old_left", [True, False])
def test_a_wrong_try_takes_every_kind_that_is_in_use(db, hash_really, hashed, stored, is_old_left):
    if stored:
        User.objects.create(username="alice", password=HASHES[stored])
    if is_old_left:
        User.objects.create(username="bob", password=HASHES["pbkdf2"])
    Client().post("/accounts/login/", {"login": "alice", "password": "a guess"})
    both = is_old_left or stored == "pbkdf2"
    assert sorted(hashed) == (["argon2", "pbkdf2_sha256"] if both else ["argon2"])


def test_at_most_four_hashes_of_a_process_take_their_memory_at_once(monkeypatch):
    running, most, enough = [], [], threading.Event()

    def slow(_hasher, _password, salt):
        running.append(salt)
        most.append(len(running))
        enough.wait(0.05)
        running.remove(salt)
        return ""

    monkeypatch.setattr(hashing.Argon2PasswordHasher, "encode", slow)
    threads = [threading.Thread(target=hashing.Argon2().encode, args=("x", str(n))) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == hashing.AT_ONCE == 4
