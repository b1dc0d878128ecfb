"""`manage.py register_model FILE`: register a trained network as a candidate."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ml.artifacts import BrokenArtifact, load_artifacts
from predictions import registry


class Command(BaseCommand):
    help = "Register a trained network as a candidate. A worker compares it with the live model; nothing goes live."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="NAME.keras, .tflite or .json, as `python -m ml train` wrote them")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = registry.register(load_artifacts(options["file"].with_suffix(".json")))
        except (BrokenArtifact, registry.NameTaken) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{version.name} ({version.sha256[:12]}) is registered. `manage.py promote` makes it live.")
