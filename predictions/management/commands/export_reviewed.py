"""`manage.py export_reviewed --out FOLDER`: write the reviewed set to files to train on."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit
from predictions.services.reviewed_set.export import CARD, DRAWINGS, INPUTS, Export


class Command(BaseCommand):
    help = (
        "Write the drawings that people let us train with and that somebody else reviewed, without account data: "
        f"{DRAWINGS}, {INPUTS} (for `python -m ml train --reviewed`) and {CARD}. Replaces an earlier export."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, required=True, help="folder of the files; made if need be")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["out"].absolute()
        try:
            with Export(folder) as export:
                card = export.write(lambda count: self.stdout.write(f"{count:,} drawings ..."))
                counts = {name: card[name] for name in ("drawings", "inputs", "writers")}
                audit.record(None, "reviewed_set.exported", str(folder)[:200], **counts)
                export.publish()
        except OSError as error:
            raise CommandError(f"The files could not be written: {error}") from None
        told = ", ".join(f"{name}: {count:,}" for name, count in counts.items())
        self.stdout.write(f"{folder} holds the reviewed set ({told}).")
        left_out = ", ".join(f"{reason}: {count:,}" for reason, count in card["left_out"].items())
        self.stdout.write(f"Left out: {left_out or 'nothing'}.")
