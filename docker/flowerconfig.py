"""Flower's settings, and the app it looks at: the queue's address and the log-in come from secret files alone."""

from pathlib import Path

from celery import Celery

SECRETS = Path("/run/secrets")

app = Celery(broker=(SECRETS / "redis_url").read_text(encoding="utf-8").strip())
basic_auth = [(SECRETS / "flower_login").read_text(encoding="utf-8").strip()]
address = "0.0.0.0"  # noqa: S104 - inside its container; docker-compose.yml publishes it on loopback alone
port = 5555
