"""`manage.py retrain`: ask the trainer for a candidate that is tuned on reviewed drawings."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from predictions.models import Status, TrainingRun
from predictions.services.candidates import retraining

POLL_S = 2.0


class Command(BaseCommand):
    help = "Start a training run on the reviewed drawings. A trainer does it (`manage.py trainer`); nothing goes live."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", help="the username of the person who asks for it")
        parser.add_argument("--epochs", type=int, default=retraining.EPOCHS)
        parser.add_argument("--images", type=int, default=retraining.IMAGES, help="in an epoch, besides reviewed ones")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--wait", action="store_true", help="until it is finished, and print its log")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username__iexact=options["by"] or "").first()
        if options["by"] and by is None:
            raise CommandError(f"There is no user {options['by']!r}.")
        chosen = {name: options[name] for name in ("epochs", "images", "seed")}
        if chosen["epochs"] < 1 or chosen["images"] < retraining.LEAST_IMAGES:
            raise CommandError(f"Train for at least one epoch of {retraining.LEAST_IMAGES} images.")
        try:
            run = retraining.start(by, retraining.Options(**chosen))
        except retraining.CannotRetrain as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{run.name} is queued for the trainer.")
        if options["wait"]:
            self._follow(run)

    def _follow(self, run: TrainingRun) -> None:
        shown = 0
        while True:
            run.refresh_from_db()
            self.stdout.write(run.log[shown:], ending="")
            shown = len(run.log)
            if not run.is_unfinished:
                break
            time.sleep(POLL_S)
        if run.status != Status.SUCCEEDED:
            raise CommandError(run.trouble or f"The run was {run.get_status_display().lower()}.")
        self.stdout.write(f"{run.name} is a candidate. Compare and promote it in the admin, or with manage.py promote.")
