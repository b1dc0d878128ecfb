"""The accounts app."""

from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    default = True  # Django would take none, as it sees several here
    name = "accounts"
    verbose_name = _("Accounts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.identity import checks  # noqa: F401  (registers itself)
        from accounts.postgres import checks as _  # noqa: F401


class SessionsConfig(UserSessionsConfig):
    """django-allauth's table of sessions, without the tracking that `accounts.identity.sessions` does better."""

    default = False

    def ready(self) -> None:
        """Connect nothing."""
