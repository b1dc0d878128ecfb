"""`manage.py promote NAME`: make a registered model the live one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from ml.digits import PREPROCESSING
from predictions import registry
from predictions.models import ModelVersion


class Command(BaseCommand):
    help = "Make a registered model the live one; workers use it from their next batch."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the model version's name")
        parser.add_argument("--by", required=True, help="who promotes it: a user's name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = ModelVersion.objects.get(name=options["name"])
            by = User.objects.get(username__iexact=options["by"])
        except (ModelVersion.DoesNotExist, User.DoesNotExist) as error:
            raise CommandError(str(error)) from None
        if not registry.is_readable_here(version, PREPROCESSING):
            raise CommandError(
                f"{version.name} was trained with preprocessing {version.preprocessing}; workers use {PREPROCESSING}."
            )
        registry.promote(version, by)
        self.stdout.write(f"{version.name} is live.")
