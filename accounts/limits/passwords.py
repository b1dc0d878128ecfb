"""Limits on wrong passwords and wrong codes of second factors: by name and address together, and higher by each alone.

So nobody can lock another person out: with wrong tries from one address only that address is refused, and a browser in
which the owner has logged in before has tries of its own. A right password is not counted, and never refused because of
what others behind its address did, up to the high limit.
"""

import logging
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpRequest

from accounts.limits import counts, devices
from accounts.limits.counts import Count
from accounts.limits.networks import client_network
from accounts.models import User

logger = logging.getLogger(__name__)

LOW = (5, 5 * 60)  # attempts, seconds
HIGH = (50, 60 * 60)


class TooManyAttempts(Exception):
    """This attempt is refused without looking at the password."""


@dataclass(frozen=True)
class Attempt:
    """An attempt that is counted ahead, so that concurrent ones cannot pass the limit; `end` it."""

    user: User | None
    first: Count
    second: Count
    address: Count | None

    def end(self, *, is_right: bool) -> None:
        """Take the attempt back if the password was right, else count it by its address too. One query.

        By the address it is not counted ahead: a class that logs in at once would refuse itself.
        """
        if is_right:
            counts.give_back(self.first, self.second)
        elif self.address:
            counts.add(self.address)


def begin_attempt(request: HttpRequest, name: str) -> Attempt:
    """Count an attempt at the account with this name or address, which need not exist. Raises TooManyAttempts."""
    user = find_user(name)
    return _begin(request, f"user {user.pk}" if user else f"name {name.lower()}", user)


def begin_code(request: HttpRequest, user: User) -> Attempt:
    """Count an attempt at the second factor of `user`, which only their password leads to. Raises TooManyAttempts."""
    return _begin(request, f"user {user.pk}", user, "factor_")


def _begin(request: HttpRequest, who: str, user: User | None, kind: str = "") -> Attempt:
    if user and (device := devices.device_of(request, user)):
        mine = f"{who} {device}"
        attempt = Attempt(user, Count(f"{kind}device", mine, *LOW), Count(f"{kind}device_high", mine, *HIGH), None)
    else:
        network = client_network(request)
        pair, alone = Count(f"{kind}pair", f"{who} {network}", *LOW), Count(f"{kind}name", who, *HIGH)
        attempt = Attempt(user, pair, alone, Count(f"{kind}address", network, *HIGH))
    if counts.take(attempt.first, attempt.second, attempt.address):
        logger.warning(
            "Too many attempts at %s from %s", f"user {user.pk}" if user else "no user", client_network(request)
        )
        raise TooManyAttempts
    return attempt


def find_user(name: str) -> User | None:
    """Return the user with this name, else the one with this address, else None. One query by two indexes."""
    lowered = name.lower()
    named = Q(name=lowered) | (Q(address=lowered) & ~Q(email=""))
    found = User.objects.alias(name=Lower("username"), address=Lower("email")).filter(named) if lowered else ()
    return min(found, key=lambda user: user.get_username().lower() != lowered, default=None)
