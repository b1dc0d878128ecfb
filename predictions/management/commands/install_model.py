"""`manage.py install_model`: register the model that is shipped with this code."""

from typing import Any

from django.core.management.base import BaseCommand

from predictions import registry


class Command(BaseCommand):
    help = "Register the shipped model. It goes live if no model is, or only a shipped one that nobody promoted."

    def handle(self, *args: Any, **options: Any) -> None:
        version = registry.install_shipped()
        live = registry.live_version()
        self.stdout.write(f"{version.name} is installed; {live.name} is live.")
