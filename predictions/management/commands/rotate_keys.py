"""`manage.py rotate_keys`: rewrite what a former SECRET_KEY protects in the database, so that it can go."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.keys import rotation
from predictions import registry
from predictions.webhooks.rotation import rotate_secrets

LOST = {
    "second factors": "their owners have to set them up again: manage.py remove_factors",
    "sessions": "their users have to log in again",
    "secrets of webhooks": "their owners have to make new ones",
    "model versions": "register them again: manage.py register_model",
}


class Command(BaseCommand):
    help = (
        "Encrypt second factors and secrets of webhooks, and sign sessions and models, with SECRET_KEY, where a key of "
        "SECRET_KEY_FALLBACKS did. Safe at any time and again; `prepare` runs it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = {
            "second factors": rotation.rotate_factors(),
            "sessions": rotation.rotate_sessions(),
            "secrets of webhooks": rotate_secrets(),
            "model versions": registry.sign_again(),
        }
        for name, done in found.items():
            self.stdout.write(f"{name}: {done.rows}, of which {done.rewritten} were rewritten with the new key.")
            if done.lost:
                self.stdout.write(f"  {done.lost} of them can be read with no known key: {LOST[name]}.")
        if settings.SECRET_KEY_FALLBACKS:
            self.stdout.write("Keep the former key for three days more: mailed links that it signed work as long.")
