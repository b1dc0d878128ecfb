"""`manage.py create_token NAME`: a new API token for that user, alone on the last line."""

from argparse import ArgumentParser
from datetime import timedelta
from itertools import count
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.tokens import NameTaken, TooManyTokens, create_token


class Command(BaseCommand):
    help = "Make an API token for a user and print it, alone on the last line. It is not shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="command line", help="what the token is for; if taken, a number is added")
        parser.add_argument("--days", type=int, default=None, help="days until it expires (default: never)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = User.objects.get(username__iexact=options["username"])
        except User.DoesNotExist:
            raise CommandError(f"There is no user named {options['username']!r}.") from None
        lives = timedelta(days=options["days"]) if options["days"] else None
        try:
            self.stdout.write(_create(user, options["name"], lives))
        except TooManyTokens:
            raise CommandError(f"{user} has as many tokens as one person may have; revoke one first.") from None


def _create(user: User, name: str, lives: timedelta | None) -> str:
    """Make a token of this name or, if the user has one, of "NAME 2", "NAME 3"... Raises TooManyTokens."""
    numbers, chosen = count(2), name
    while True:
        try:
            return create_token(user, chosen, lives)
        except NameTaken:
            chosen = f"{name} {next(numbers)}"
