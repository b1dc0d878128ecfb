"""`make run`: start everything in order until a known digit has been read, then supervise it."""

import contextlib
import fcntl
import http.client
import json
import os
import re
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from local import venv
from local.accounts import prepare
from local.options import EVERYWHERE, RunOptions, check_port, lan_address, read_options
from local.paths import ROOT, RUN, keep_secrets, open_run_folder, read_json, write_secret
from local.servers.start import clean_environment, start_servers
from local.supervisor import Service, Supervisor
from local.terminal import SetupError, Stopped, end_if_orphaned, say, step

WEB_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0
GOLDEN_LIMIT_S = 60
LOOPBACK_LIMITS = {"RATE_LIMIT_PER_S": "2000", "IN_FLIGHT_LIMIT": "5000"}  # wide, for measuring
QUEUES = "interactive,bulk,errands"


def run() -> None:
    """Serve the site until we are asked to stop."""
    options = read_options(os.environ)
    with run_lock(options) as lock_fd:
        supervisor = Supervisor(RUN / "logs", lock_fd)
        try:
            check_port(options)
            start_site(supervisor, options)
            supervisor.watch()
        except Stopped as stopped:
            say(f"\nStopping everything after {stopped.reason}")
        finally:
            (RUN / "env").unlink(missing_ok=True)
            os.truncate(lock_fd, 0)  # whatever starts now waits instead of reporting that we run
            supervisor.stop()


def start_site(supervisor: Supervisor, options: RunOptions) -> None:
    """Start each part after what it depends on, and announce the site once a known digit was read right."""
    venv.ensure("training" if options.has_trainer else "worker", supervisor)
    urls = start_servers(supervisor, RUN, os.environ)
    env = child_environment(options, urls)
    step("Preparing the database")
    accounts = prepare(supervisor, RUN, env, own_database=not os.environ.get("DATABASE_URL"))
    own = {*urls, *our_settings(options), *(setting_names() & env.keys())}
    write_secret(RUN / "env", json.dumps({name: env[name] for name in sorted(own)}))
    step(f"Starting the site, {options.workers} worker{'s' if options.workers > 1 else ''}, beat and delivery")
    web, *others = services(options, env)
    for service in (web, *others):
        supervisor.start(service)
    supervisor.wait_for(lambda: is_answering(options), web, WEB_LIMIT_S)
    step("Waiting for a known digit to go through the queue and come back right")
    read_golden(supervisor, env)
    announce(options, accounts)


def setting_names() -> set[str]:
    """Return the names of all settings, and those under which each may be given as a file."""
    example = ROOT / ".env.example"
    named = re.findall(r"^([A-Z_]+)=", example.read_text(encoding="utf-8"), re.M) if example.exists() else []
    return {name + suffix for name in named for suffix in ("", "_FILE")}


def our_settings(options: RunOptions) -> dict[str, str]:
    """Return the settings that override the environment."""
    return {
        "SECRET_KEY": secret_key(os.environ),
        "PUBLIC_URL": options.public_url,
        "ALLOWED_HOSTS": ",".join(options.allowed_hosts),
        "INKLING_RUN_DIR": str(RUN),
        "DATABASE_FOLDER": os.environ.get("DATABASE_FOLDER") or ("" if os.environ.get("DATABASE_URL") else str(RUN)),
        "LOG_FORMAT": os.environ.get("LOG_FORMAT") or "console",  # people read .run/logs
        "WEB_URL": options.public_url,
        **limits(options, os.environ),
    }


def limits(options: RunOptions, given: Mapping[str, str]) -> dict[str, str]:
    """Return wide API limits where only this machine can reach the site, unless they are set in `given`."""
    if options.is_open_to_others:
        return {}
    return {name: given.get(name) or value for name, value in LOOPBACK_LIMITS.items()}


def secret_key(given: Mapping[str, str]) -> str:
    """Return the SECRET_KEY: the given one for a database of the user's own, else the one kept in `.run/`."""
    return (given.get("DATABASE_URL") and given.get("SECRET_KEY")) or keep_secrets(RUN)["secret_key"]


def child_environment(options: RunOptions, urls: dict[str, str]) -> dict[str, str]:
    """Return the environment of every child: the user's, our settings, and the servers' URLs."""
    return clean_environment() | our_settings(options) | urls


def services(options: RunOptions, env: dict[str, str]) -> list[Service]:
    """Return the services of the site: web, then the workers, beat, the delivery worker, and any trainer."""
    RUN.mkdir(exist_ok=True)  # beat keeps its schedule there
    python = str(venv.PYTHON)
    celery = [python, "-m", "celery", "--quiet", "-A", "config.celery"]
    web = Service("web", [
        python, "-m", "gunicorn", "config.wsgi:application", "--config", "config/gunicorn.py",
        "--bind", options.bind, "--workers", str(options.web_workers), "--threads", "64",
        "--graceful-timeout", "3", "--log-level", "warning", "--no-control-socket",
    ], env, ROOT)  # fmt: skip
    workers = [
        Service(name, [
            *celery, "worker", "--pool=solo", f"--queues={QUEUES}", f"--hostname={name}@%h", "--loglevel=WARNING",
            "--without-gossip", "--without-mingle",
        ], env | {"WORKER_NAME": name} | metrics_port(env, number), ROOT, death_signal=signal.SIGKILL)
        for number, name in ((number, f"worker-{number}") for number in range(1, options.workers + 1))
    ]  # fmt: skip
    beat = Service("beat", [
        *celery, "beat", "--schedule", str(RUN / "beat-schedule"), "--pidfile=", "--loglevel=WARNING",
    ], env, ROOT)  # fmt: skip
    delivery = Service("delivery", [python, "manage.py", "deliver"], env, ROOT)
    trainer = Service("trainer", [python, "manage.py", "trainer"], env, ROOT)
    return [web, *workers, beat, delivery, *([trainer] if options.has_trainer else [])]


def metrics_port(env: Mapping[str, str], number: int) -> dict[str, str]:
    """Return METRICS_PORT of a worker, counted up from the given one, as they share one machine; {} without it."""
    first = env.get("METRICS_PORT", "")
    return {"METRICS_PORT": str(int(first) + number - 1)} if first.isdecimal() and int(first) else {}


def is_answering(options: RunOptions) -> bool:
    """Return whether the web process answers."""
    connection = http.client.HTTPConnection(options.contact, options.port, timeout=2)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", "/health/live", headers={"Host": f"127.0.0.1:{options.port}"})
        return connection.getresponse().status == http.client.OK
    return False


def read_golden(supervisor: Supervisor, env: dict[str, str]) -> None:
    """Send a known digit through the real queue. Raises SetupError if it does not come back right."""
    command = [str(venv.PYTHON), "manage.py", "read_golden", "--timeout", str(GOLDEN_LIMIT_S)]
    status, said = supervisor.run("read-golden", command, env)
    if status:
        raise SetupError(
            f"The site is up, but a known digit did not come back right: {said.strip()}\n"
            f"{supervisor.tail('read-golden')}\n{supervisor.tail('worker-1')}"
        )


def announce(options: RunOptions, accounts: list[str]) -> None:
    """Print the site's address and the first accounts."""
    say(f"\nReady: {options.public_url}")
    for line in accounts:
        say(line)
    if options.is_open_to_others:
        address = lan_address() if options.host in EVERYWHERE else options.host
        say(f"In the local network: {options.url(address) if address else 'this machine has no address there'}")
        say("Warning: everyone in this network can reach the site, and traffic is not encrypted.")
    if wide := limits(options, os.environ):
        say(
            f"API limits per user, wide on loopback: {wide['RATE_LIMIT_PER_S']} requests/s, "
            f"{wide['IN_FLIGHT_LIMIT']} drawings in flight."
        )
    say(f"Logs: {RUN / 'logs'}. Press Ctrl-C to stop.")


@contextlib.contextmanager
def run_lock(options: RunOptions) -> Iterator[int]:
    """Lock this checkout's `.run/`. Waits for a run that is stopping; raises SetupError if another is running."""
    open_run_folder(RUN)
    lock_fd = os.open(RUN / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + STOP_LIMIT_S
    has_said_so = False
    while not take(lock_fd):
        end_if_orphaned()
        holder = read_json(RUN / "lock")
        if holder and is_alive(int(holder["pid"])):
            raise SetupError(f"Inkling is already running in this checkout: {holder['url']} (process {holder['pid']}).")
        if time.monotonic() > deadline:
            raise SetupError(f"An earlier run in this checkout does not stop. Find its process: fuser {RUN / 'lock'}")
        if not has_said_so:
            step("An earlier run is still stopping: waiting for it")
            has_said_so = True
        time.sleep(0.2)
    try:
        os.truncate(lock_fd, 0)
        os.pwrite(lock_fd, json.dumps({"pid": str(os.getpid()), "url": options.public_url}).encode(), 0)
        yield lock_fd
    finally:
        os.close(lock_fd)


def take(lock_fd: int) -> bool:
    """Take the lock if it is free; return whether we have it."""
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_alive(pid: int) -> bool:
    """Return whether a process `pid` exists, ours or not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def running_environment(run: Path = RUN) -> dict[str, str]:
    """Return the environment of the site running in this checkout: its settings, not those of the shell.

    Raises SetupError if none runs.
    """
    env = read_json(run / "env")
    holder = read_json(run / "lock")
    if not env or not holder or not is_alive(int(holder["pid"])):
        raise SetupError("Inkling is not running in this checkout. Start it first: make run")
    return {name: value for name, value in clean_environment().items() if name not in setting_names()} | env
