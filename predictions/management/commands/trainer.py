"""`manage.py trainer`: do training runs as they are asked for."""

import logging
import os
import signal
import sys
from argparse import ArgumentParser
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from predictions.models import Status, TrainingRun


class Command(BaseCommand):
    help = "Tune models on reviewed drawings, as `manage.py retrain` and the admin ask for it. Needs TensorFlow."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--run", type=int, help="do this claimed run and end; for the trainer itself")
        parser.add_argument("--claim", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        if find_spec("tensorflow") is None:
            raise CommandError(
                "TensorFlow is missing here. Install requirements/training.txt, or use the trainer's image."
            )
        if options["run"] is not None:
            sys.exit(0 if _carry_out(options["run"], options["claim"]) else 1)
        from predictions.worker.training import trainer

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: trainer.stop())
        trainer.serve()


def _carry_out(key: int, claim: UUID) -> bool:
    """Do a run; False if it may be tried again. A lost claim is nobody's fault."""
    from predictions.worker.training import run as training_run
    from predictions.worker.training import trainer

    os.nice(trainer.NICENESS)
    run = TrainingRun.objects.select_related("start").filter(pk=key, claim=claim, status=Status.RUNNING).first()
    if run is None:
        return True
    try:
        training_run.carry_out(run)
    except training_run.LostClaim:
        logging.getLogger(__name__).warning("training run %s was taken away or canceled", run.name)
    return True
