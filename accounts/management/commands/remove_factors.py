"""`manage.py remove_factors USERNAME`: remove the second factors of somebody who lost them, recovery codes included."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.factors.removal import remove_all
from accounts.models import User


class Command(BaseCommand):
    help = "Remove a user's authenticator app, passkeys and recovery codes. It is recorded, and the user gets a mail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = User.objects.get(username__iexact=options["username"])
        except User.DoesNotExist:
            raise CommandError(f"There is no user named {options['username']!r}.") from None
        self.stdout.write(f"Removed from {user}: {remove_all(user, by=None)}.")
