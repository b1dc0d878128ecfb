"""`manage.py register_model FILE`: register the artifacts of a model version as a candidate."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ml.artifacts import BrokenArtifact, card_path, load_artifacts
from predictions import comparisons, registry


class Command(BaseCommand):
    help = "Register a model version as a candidate. A worker compares it with the live model; nothing goes live."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="one of the files of a version, as `python -m ml train` wrote them")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = registry.register(load_artifacts(card_path(options["file"])))
        except (BrokenArtifact, registry.NameTaken) as error:
            raise CommandError(str(error)) from None
        formats = ", ".join(version.artifacts.order_by("format").values_list("format", flat=True))
        self.stdout.write(f"{version.name} ({version.sha256[:12]}) is registered: {formats}.")
        unusable = comparisons.why_unusable(version)
        self.stdout.write(unusable or "`manage.py promote` makes it live.")
