"""`manage.py record_backup`: note in the audit log that a backup was made, so that the doctor knows its age."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts import audit


class Command(BaseCommand):
    help = "Note that a backup was made just now, for `manage.py doctor`. Run it after each backup that succeeded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bytes", type=int, help="how large it is")

    def handle(self, *args: Any, **options: Any) -> None:
        details = {} if options["bytes"] is None else {"bytes": options["bytes"]}
        audit.record(None, "backup.made", **details)
        if options["verbosity"]:
            self.stdout.write("Noted: a backup was made.")
