"""`manage.py install_model`: register the model that is shipped with this code."""

from typing import Any

from django.core.management.base import BaseCommand

from predictions import registry


class Command(BaseCommand):
    help = "Register the shipped model. It goes live if no model is, or only a shipped one that nobody promoted."

    def handle(self, *args: Any, **options: Any) -> None:
        version = registry.install_shipped()
        serving = registry.serving()
        self.stdout.write(f"{version.name} is installed; {serving.live.name} is live.")
        if serving.is_stand_in:
            self.stdout.write(
                f"{serving.live.name} was made for other code, so {serving.version.name} reads in its place. "
                f"To make it the live one: manage.py promote {serving.version.name} --by NAME"
            )
