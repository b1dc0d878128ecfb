"""Flower's settings: the queue's address and the log-in come from secret files, never from the command line."""

from pathlib import Path

SECRETS = Path("/run/secrets")

broker_api = broker = (SECRETS / "redis_url").read_text(encoding="utf-8").strip()
basic_auth = [(SECRETS / "flower_login").read_text(encoding="utf-8").strip()]
address = "0.0.0.0"  # noqa: S104 - inside its container; docker-compose.yml publishes it on loopback alone
port = 5555
persistent = False
