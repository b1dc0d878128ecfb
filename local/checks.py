"""`make check`: run every check that needs no running site, and print a summary."""

import time

from local import venv
from local.audit import tools as audit
from local.locks import check_locks
from local.paths import ROOT
from local.servers.start import clean_environment, temporary_servers
from local.supervisor import Supervisor
from local.terminal import say, step
from local.testing import install_tools, site_settings
from local.words import find_words

STEPS: dict[str, list[str]] = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "template format": ["djlint", "--check", "--quiet", "templates"],
    "template lint": ["djlint", "--lint", "--quiet", "templates"],
    "image lint": ["hadolint", "docker/Dockerfile"],
    "compose lint": ["yamllint", "--strict", "docker-compose.yml", "docker", "deploy", ".yamllint"],
    "shell lint": ["shellcheck", ".ci/run", *(str(path) for path in sorted((ROOT / "docker").rglob("*.sh")))],
}
DJANGO_STEPS: dict[str, list[str]] = {
    "migrations": ["makemigrations", "--check", "--dry-run"],
    "system checks": ["check", "--deploy", "--fail-level", "WARNING"],
}
PRODUCTION = {"PUBLIC_URL": "https://inkling.example", "ALLOWED_HOSTS": "inkling.example", "DEBUG": ""}


def check() -> int:
    """Run every check; return 0 if all passed, else 1."""
    install_tools()
    with temporary_servers() as (supervisor, urls):
        audit.install(supervisor)
        env = clean_environment() | site_settings(urls["INKLING_RUN_DIR"]) | urls
        results = {"locks": report("locks", check_locks()), "words": report("words", find_words())}
        for name, command in STEPS.items():
            results[name] = run_step(supervisor, name, [str(venv.VENV / "bin" / command[0]), *command[1:]], env)
        for name, command in audit.STEPS.items():
            tool = [str(audit.AUDIT / "bin" / command[0]), *command[1:]]
            results[name] = run_step(supervisor, name, tool, env | audit.path_of_tools())
        for name, command in DJANGO_STEPS.items():
            results[name] = run_step(supervisor, name, [str(venv.PYTHON), "manage.py", *command], env | PRODUCTION)
    say()
    for name, is_good in results.items():
        say(f"{'ok  ' if is_good else 'FAIL'}  {name}")
    return 0 if all(results.values()) else 1


def run_step(supervisor: Supervisor, name: str, command: list[str], env: dict[str, str]) -> bool:
    """Run one tool with its output on the terminal; return whether it passed."""
    step(f"Check: {name}")
    started = time.monotonic()
    status, _ = supervisor.run("check", command, env, ROOT, shows=True)
    say(f"        {name}: {'ok' if status == 0 else 'FAILED'} in {time.monotonic() - started:.1f} s")
    return status == 0


def report(name: str, faults: list[str]) -> bool:
    """Print the faults that one of our own checks found; return whether there was none."""
    step(f"Check: {name}")
    for fault in faults:
        say(f"        {fault}")
    return not faults
