"""Who is compared: each started as it would serve on two cores, all at once, and asked in turn."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.clients import Way
from local import venv
from local.paths import ROOT
from local.servers.start import clean_environment, new_secret, temporary_servers
from local.supervisor import Service, Supervisor
from tests.site import free_port, open_site

PYTHON = str(venv.PYTHON)
START_LIMIT_S = 120.0
CORES = os.cpu_count() or 1
SYNC_WORKERS = 2 * CORES + 1  # gunicorn's own rule
PEOPLE = 64  # each client is somebody else
WORKERS = 1  # of the product: one core reads while the other takes
GUNICORN = [PYTHON, "-m", "gunicorn", "--log-level", "warning", "--no-control-socket"]


@dataclass(frozen=True)
class Candidate:
    """A running candidate. pids: the roots of its processes, by what they are. settings: in words, for the table."""

    key: str
    name: str
    settings: str
    way: Way
    pids: dict[str, int]


def is_up(port: int, path: str) -> Callable[[], bool]:
    """Return a question: does it answer?"""

    def asked() -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{port}{path}", timeout=5).ok
        return False

    return asked


@contextlib.contextmanager
def one_program(name: str, command: list[str], port: int, health: str, **env: str) -> Iterator[dict[str, int]]:
    """Start a program without servers of its own, and give its pid by its name."""
    with tempfile.TemporaryDirectory() as folder:
        supervisor = Supervisor(Path(folder) / "logs")
        try:
            service = Service(name, command, clean_environment() | {"TF_CPP_MIN_LOG_LEVEL": "3"} | env, ROOT)
            supervisor.start(service)
            supervisor.wait_for(is_up(port, health), service, START_LIMIT_S)
            assert service.process  # noqa: S101
            yield {name: service.process.pid}
        finally:
            supervisor.stop()


@contextlib.contextmanager
def usual(runtime: str, key: str) -> Iterator[Candidate]:
    """Flask under gunicorn."""
    port = free_port()
    command = [*GUNICORN, "--bind", f"127.0.0.1:{port}", "--workers", str(SYNC_WORKERS), "--timeout", "120",
               f"bench.peers.usual:make_app('{runtime}')"]  # fmt: skip
    told = "`model.predict`" if runtime == "keras" else "LiteRT"
    with one_program("flask", command, port, "/health") as pids:
        settings = f"gunicorn, {SYNC_WORKERS} sync workers (2 x cores + 1), {told} in the request"
        yield Candidate(key, f"Flask, {told}", settings, Way("plain", port, "/read"), pids)


@contextlib.contextmanager
def bentoml() -> Iterator[Candidate]:
    """BentoML."""
    port = free_port()
    command = [PYTHON, "-m", "bentoml", "serve", "bench.peers.bento:Digits", "--host", "127.0.0.1", "--port", str(port)]
    quiet = {"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": tempfile.gettempdir() + "/bentoml"}
    with one_program("bentoml", command, port, "/readyz", **quiet) as pids:
        settings = "2 workers, batchable (adaptive), at most 32, concurrency 64, metrics off, LiteRT"
        yield Candidate("c", "BentoML", settings, Way("bentoml", port, "/read"), pids)


@contextlib.contextmanager
def litserve() -> Iterator[Candidate]:
    """LitServe."""
    port = free_port()
    with one_program("litserve", [PYTHON, "-m", "bench.peers.lit", str(port)], port, "/health") as pids:
        settings = "2 workers, batches of at most 32 within 5 ms, LiteRT"
        yield Candidate("d", "LitServe", settings, Way("litserve", port, "/predict"), pids)


@contextlib.contextmanager
def stock() -> Iterator[Candidate]:
    """Django, DRF and Celery as a new project has them."""
    port = free_port()
    with temporary_servers(fast=False) as (supervisor, urls), tempfile.TemporaryDirectory() as media:
        redis_url = urls["REDIS_URL"].replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
        env = clean_environment() | urls | {
            "DJANGO_SETTINGS_MODULE": "bench.peers.stock.settings", "SECRET_KEY": new_secret(), "MEDIA_ROOT": media,
            "BROKER_URL": redis_url,
        }  # fmt: skip
        for arguments in (
            ["migrate", "authtoken", "-v0"],
            ["migrate", "--run-syncdb", "-v0"],
            ["shell", "-c", ASK_FOR_ONE],
        ):
            status, said = supervisor.run("stock", [PYTHON, "-m", "django", *arguments], env, ROOT)
            assert status == 0, supervisor.tail("stock")  # noqa: S101
        web = Service("web", [*GUNICORN, "--bind", f"127.0.0.1:{port}", "--workers", str(SYNC_WORKERS),
                              "django.core.wsgi:get_wsgi_application()"], env, ROOT)  # fmt: skip
        worker = Service("worker", [PYTHON, "-m", "celery", "-A", "bench.peers.stock.celery", "worker",
                                    f"--concurrency={CORES}", "--loglevel=WARNING"], env, ROOT)  # fmt: skip
        for service in (web, worker):
            supervisor.start(service)
        way = Way("poll", port, "/pictures/", tuple(said.split()[-1:]))
        supervisor.wait_for(lambda: answers_with_token(way), web, START_LIMIT_S)
        settings = f"gunicorn, {SYNC_WORKERS} sync workers, Celery prefork {CORES}, a task a picture, polled each 50 ms"
        yield Candidate("e", "Django, DRF, Celery", settings, way, pids_of(supervisor))


ASK_FOR_ONE = """
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
print(Token.objects.create(user=User.objects.create_user("alice")).key)
"""


MAKE_PEOPLE = f"""
from accounts.models import User
from accounts.tokens import create_token
for number in range({PEOPLE}):
    print(create_token(User.objects.create_user(f"person{{number}}")))
"""


def answers_with_token(way: Way) -> bool:
    """Return whether the stock build lists one's pictures."""
    with contextlib.suppress(requests.RequestException):
        headers = {"Authorization": f"Token {way.tokens[0]}"}
        return requests.get(f"http://127.0.0.1:{way.port}{way.path}", headers=headers, timeout=5).ok
    return False


@contextlib.contextmanager
def product(key: str, name: str, workers: int = WORKERS, **settings: str) -> Iterator[Candidate]:
    """Inkling whole: durable Postgres, Redis, web, workers and the clock, as `make run` starts them."""
    with open_site(workers, change=lambda site: None, **settings) as site:
        tokens = tuple(site.manage("shell", "-v0", "-c", MAKE_PEOPLE).split()[-PEOPLE:])
        way = Way("wait", int(site.url.rsplit(":", 1)[1]), "/api/v1/submissions/", tokens)
        readers = f"{workers} worker{'s' if workers > 1 else ''}"
        told = f"2 web processes of 64 threads, {readers}, Postgres durable, LiteRT; {PEOPLE} users"
        yield Candidate(key, name, told, way, pids_of(site.supervisor))


def pids_of(supervisor: Supervisor) -> dict[str, int]:
    """Return the pids of all that runs, workers under one name each."""
    return {service.name: service.process.pid for service in supervisor.services if service.process}


STARTS: dict[str, Callable[[], contextlib.AbstractContextManager[Candidate]]] = {
    "a": lambda: usual("keras", "a"),
    "b": lambda: usual("litert", "b"),
    "c": bentoml,
    "d": litserve,
    "e": stock,
    "f": lambda: product("f", "Inkling"),
    "g": lambda: product("g", "Inkling, constant reader", READER="tests.readers.Constant", TESTING="1"),
}
