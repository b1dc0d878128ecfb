"""Flower's settings; the queue's URL and the login come from secret files."""

import ssl
from pathlib import Path

from celery import Celery

SECRETS = Path("/run/secrets")

broker = (SECRETS / "redis_url").read_text(encoding="utf-8").strip()
app = Celery(broker=broker)
app.conf.broker_use_ssl = {"ssl_cert_reqs": ssl.CERT_REQUIRED} if broker.startswith("rediss:") else None
app.conf.accept_content = ["json"]
basic_auth = [(SECRETS / "flower_login").read_text(encoding="utf-8").strip()]
address = "0.0.0.0"  # noqa: S104 - inside its container; docker-compose.yml publishes it on loopback alone
port = 5555
