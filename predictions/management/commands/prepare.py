"""`manage.py prepare`: prepare the database for the service; safe to run at every start."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import audit, roles
from accounts.models import User
from accounts.postgres.direct import connect_directly, set_role_defaults
from accounts.postgres.upgrades import SkippedRelease, check_release, record_release


class Command(BaseCommand):
    help = (
        "Migrate, install the shipped model, rewrite what a former SECRET_KEY protects and, if there are no users, "
        "create the accounts named on standard input: "
        '{"accounts": {"demo": "password", "admin": "password"}}. "admin" becomes a superuser. The last line of the '
        "output is JSON."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail unless this code may run on it")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = {} if options["check"] else self._read_accounts()
        connect_directly()
        try:
            check_release()
        except SkippedRelease as error:
            raise CommandError(str(error)) from None
        if options["check"]:
            call_command("migrate", check_unapplied=True, verbosity=0)  # exits with 1 if one is missing
            return
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        roles.make_roles()
        if settings.DATABASE_DIRECT_URL:
            set_role_defaults()
        record_release()
        self.stdout.write("The database is migrated.")
        call_command("install_model", stdout=self.stdout)
        if settings.SECRET_KEY_FALLBACKS:
            call_command("rotate_keys", stdout=self.stdout)
        self.stdout.write(json.dumps({"accounts_created": _make_accounts(accounts)}))

    def _read_accounts(self) -> dict[str, str]:
        text = "" if sys.stdin.isatty() else sys.stdin.read()
        try:
            accounts = json.loads(text)["accounts"] if text.strip() else {}
            return {str(name): str(password) for name, password in accounts.items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CommandError('Standard input must hold {"accounts": {"name": "password"}}, or nothing.') from None


def _make_accounts(accounts: dict[str, str]) -> bool:
    """Create the accounts if there are no users; return True if they were created."""
    with transaction.atomic():
        if not accounts or User.objects.exists():
            return False
        for name, password in accounts.items():
            make = User.objects.create_superuser if name == "admin" else User.objects.create_user
            audit.record(None, "user.created", make(name, "", password))
    return True
