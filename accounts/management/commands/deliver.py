"""`manage.py deliver`: send mail as it is queued, until stopped."""

import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts.delivery import DeliveryWorker


class Command(BaseCommand):
    help = "Send the mail and webhooks that web and workers queue. Several may run; losing one loses nothing."
    # They would load every page; `manage.py prepare` runs them at each start.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.default_int_handler)  # raises KeyboardInterrupt
        DeliveryWorker(settings.DELIVERED_BESIDES_MAIL).serve()
