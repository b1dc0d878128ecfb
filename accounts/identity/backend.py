"""How a password is checked."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from accounts.limits.passwords import find_user
from accounts.models import User


class NameOrAddress(AuthenticationBackend):
    """allauth's back end, which looks for the one account with a name or a current address.

    allauth itself would check the password of each account for which an address is pending too. That takes longer the
    more there are, so a sign-up with somebody's address would show whether it has an account.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        user = find_user(credentials.get("username") or credentials.get("email") or "")
        found: User | None = self._check_password(user, credentials["password"])
        return found
