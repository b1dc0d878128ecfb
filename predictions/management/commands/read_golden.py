"""`manage.py read_golden`: queue a known digit and check that a worker reads it right."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.doctor.model import wait_for_golden
from predictions.models import GOLDEN_DIGIT as DIGIT
from predictions.models import ErrorCode


class Command(BaseCommand):
    help = "Queue a golden drawing, wait until a worker has read it, and exit with 1 if it was read wrong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--timeout", type=float, default=60.0, help="seconds to wait (default: 60)")

    def handle(self, *args: Any, **options: Any) -> None:
        submission = wait_for_golden(options["timeout"])
        if submission.finished_at is None:
            raise CommandError(
                f"A {DIGIT} was queued, but no worker read it within {options['timeout']:g} s. Is a worker running?"
            )
        if submission.error_code:
            raise CommandError(f"A {DIGIT} could not be read: {ErrorCode(submission.error_code).label}")
        if submission.text != str(DIGIT):
            raise CommandError(f"A {DIGIT} was read as {submission.text}.")
        self.stdout.write(f"A {DIGIT} was read as {submission.text}.")
