"""A site as small as a site can be, with the commands that `make run` relies on."""

import json
import os
import signal
import sys

import psycopg
import redis


def prepare() -> None:
    """Keep the first accounts in a table, if there is none."""
    accounts = json.load(sys.stdin)["accounts"]
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        database.execute("CREATE TABLE IF NOT EXISTS people (name text, password text)")
        found = database.execute("SELECT count(*) FROM people").fetchone()
        is_empty = found == (0,)
        for person in accounts.items() if is_empty else ():
            database.execute("INSERT INTO people VALUES (%s, %s)", person)
    sys.stdout.write(json.dumps({"accounts_created": is_empty}) + "\n")


def read_golden() -> None:
    """Ask whichever worker hears it, and wait for its answer."""
    from config.celery import app

    app.send_task("answer", queue="interactive")
    with redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=70) as asked:
        if not asked.blpop(["answers"], timeout=60):
            sys.exit("nobody answered")


def create_token() -> None:
    """Print something like a token, last."""
    sys.stdout.write(f"A token:\ntoken-of-{sys.argv[2]}\n")


def deliver() -> None:
    """Run until stopped, as the delivery worker does."""
    signal.pause()


if __name__ == "__main__":
    {"prepare": prepare, "read_golden": read_golden, "create_token": create_token, "deliver": deliver}[sys.argv[1]]()
