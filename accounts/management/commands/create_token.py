"""`manage.py create_token USERNAME`: create an API token and print it on the last line."""

from argparse import ArgumentParser
from datetime import timedelta
from itertools import count
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Access, User
from accounts.roles import may_review
from accounts.tokens import DEFAULT_LIFETIME, NameTaken, TooManyTokens, create_token


class Command(BaseCommand):
    help = "Create an API token for a user and print it on the last line. It is not shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="command line", help="what the token is for; if taken, a number is added")
        parser.add_argument(
            "--days", type=int, default=DEFAULT_LIFETIME.days, help="days until it expires (default: 90; 0: never)"
        )
        parser.add_argument(
            "--access", choices=Access.values, default=Access.WRITE.value, help="its scopes (default: read write)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = User.objects.get(username__iexact=options["username"])
        except User.DoesNotExist:
            raise CommandError(f"There is no user named {options['username']!r}.") from None
        if options["access"] == Access.REVIEW and not may_review(user):
            raise CommandError(f"{user} is no reviewer, so a token of theirs cannot review.")
        lifetime = timedelta(days=options["days"]) if options["days"] else None
        try:
            self.stdout.write(_create(user, options["name"], lifetime, Access(options["access"])))
        except TooManyTokens:
            raise CommandError(f"{user} has reached the maximum number of tokens; revoke one first.") from None


def _create(user: User, name: str, lifetime: timedelta | None, access: Access) -> str:
    """Create a token called `name` or, if that is taken, "NAME 2", "NAME 3"... Raises TooManyTokens."""
    numbers, chosen = count(2), name
    while True:
        try:
            return create_token(user, chosen, lifetime, access)
        except NameTaken:
            chosen = f"{name} {next(numbers)}"
