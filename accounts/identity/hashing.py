"""How passwords are hashed, and that the time of a log-in does not tell which accounts exist."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher, get_hasher, get_hashers, identify_hasher
from django.db.models.functions import Left

from accounts.models import HASH_KIND_LENGTH, User

AT_ONCE = 4  # hashes of one process; more would not be faster, and each takes memory

_threads: ThreadPoolExecutor


def _make_threads() -> None:
    """Let the hashes of this process be made in threads of their own, each of which uses its memory again.

    In the 64 threads of a web process each would keep its 19 MiB: a burst of 30 log-ins took 300 MiB for good.
    """
    global _threads
    _threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hash")


_make_threads()
os.register_at_fork(after_in_child=_make_threads)  # a child has none of its parent's threads


class Argon2(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters: 19 MiB, two passes, one lane.

    Django's own take 100 MiB a log-in. Here a process takes at most AT_ONCE times 19 MiB, however many people log in.

    Source: OWASP, "Password Storage Cheat Sheet".
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return _threads.submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        return _threads.submit(super().verify, password, encoded).result()


def even_out(user: User | None, password: str) -> None:
    """Take the time of the kinds of hashes that the check of a wrong password did not take.

    While some accounts have hashes of another kind, which the next log-in of each replaces, every wrong try takes the
    time of all kinds: else an account with an old hash, and so its existence, would show. One query for each kind.

    user: who was tried; None for an unknown name, for which the preferred kind was taken.
    """
    preferred = get_hasher()
    taken = _kind_of(user.password) if user else preferred.algorithm
    for hasher in get_hashers():
        is_used = hasher is preferred or _is_used(hasher)  # asked of all, so that the queries are the same
        if is_used and hasher.algorithm != taken:
            hasher.encode(password, hasher.salt())


def _kind_of(encoded: str) -> str:
    """Return the algorithm that checked a stored hash; for what is no hash, Django takes the preferred one's time."""
    try:
        return str(identify_hasher(encoded).algorithm)
    except ValueError:
        return str(get_hasher().algorithm)


def _is_used(hasher: Any) -> bool:
    """Return whether some account has a hash of this kind. By an index."""
    kinds = User.objects.alias(kind=Left("password", HASH_KIND_LENGTH))
    return kinds.filter(kind=hasher.algorithm[:HASH_KIND_LENGTH]).exists()
