"""Calls of Docker and of the database."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

UNFINISHED_WITHIN_S = 120.0


def run(
    *command: str, stdin: bytes | None = None, fails: bool = False, env: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Run a command and return its output. With `fails` it must fail, and its stderr is returned too.

    env: additional variables. Raises RuntimeError.
    """
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, env=os.environ | env)  # noqa: S603
    printed, errors = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    if (done.returncode != 0) != fails:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{(printed + errors)[-2000:]}")
    return printed + errors if fails else printed


def compose(*arguments: str) -> str:
    """Run `docker compose` on this checkout, with the services of all profiles."""
    return run("docker", "compose", "--progress", "quiet", "--profile", "*", *arguments)


def up(service: str = "", *, workers: int = 0) -> None:
    """Start this service, or all without a profile, and wait until they are healthy."""
    profile = ("--profile", "*") if service else ()
    scale = ("--scale", f"worker={workers}") if workers else ()
    run("docker", "compose", "--progress", "quiet", *profile, "up", "--detach", "--no-build", "--no-recreate", "--wait",
        "--wait-timeout", "300", *scale, *filter(None, [service]))  # fmt: skip


def ids(*services: str) -> list[str]:
    """Return the containers of these services, or of all; including stopped ones."""
    return compose("ps", "--all", "--quiet", *services).split()


def inspect(*containers: str) -> list[dict[str, Any]]:
    """Return what Docker knows about containers."""
    found: list[dict[str, Any]] = json.loads(run("docker", "inspect", *containers)) if containers else []
    return found


def service_of(container: dict[str, Any]) -> str:
    """Return the compose service of an inspected container."""
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


def addresses_of(container: dict[str, Any]) -> list[str]:
    """Return the IP addresses of an inspected container."""
    return [network["IPAddress"] for network in container["NetworkSettings"]["Networks"].values()]


def sql(question: str) -> list[list[str]]:
    """Query the service's database as its superuser; return rows of strings."""
    printed = compose("exec", "-T", "db", "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align",
                   "--username=postgres", "--set=ON_ERROR_STOP=1", "--command", question, "inkling")  # fmt: skip
    return [line.split("|") for line in printed.splitlines()]


def read() -> set[str]:
    """Return the ids of all drawings that were read."""
    return {row[0] for row in sql("SELECT id FROM predictions_submission WHERE status = 'succeeded'")}


def wait_until(is_so: Callable[[], bool], seconds: float = UNFINISHED_WITHIN_S) -> float:
    """Wait until `is_so()` and return the seconds it took. Raises TimeoutError."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not so within {seconds:g} s")
        time.sleep(0.05)
    return time.monotonic() - began
