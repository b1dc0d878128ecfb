"""The services that are compared, each started as it would be deployed on two cores."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.clients import Endpoint
from bench.peers.shared_reader import CONSTANT_READER
from local import venv
from local.paths import ROOT
from local.servers.start import clean_environment, new_secret, temporary_servers
from local.supervisor import Service, Supervisor
from tests.site import free_port, open_site

PYTHON = str(venv.PYTHON)
START_LIMIT_S = 120.0
CORES = os.cpu_count() or 1
SYNC_WORKERS = 2 * CORES + 1  # gunicorn's recommendation
USERS = 64  # each client is another user
WORKERS = 1  # of Inkling: one core for the worker, one for the web
GUNICORN = [PYTHON, "-m", "gunicorn", "--log-level", "warning", "--no-control-socket"]


@dataclass(frozen=True)
class Contender:
    """A running contender.

    Attributes:
        key: as in CONTENDERS.
        name: for the tables.
        settings: in words, for the tables.
        endpoint: how to send it a picture.
        pids: the root processes, by role.
    """

    key: str
    name: str
    settings: str
    endpoint: Endpoint
    pids: dict[str, int]


def check_health(port: int, path: str) -> Callable[[], bool]:
    """Return a function that tells whether the health check succeeds."""

    def succeeds() -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"http://127.0.0.1:{port}{path}", timeout=5).ok
        return False

    return succeeds


@contextlib.contextmanager
def single_service(name: str, command: list[str], port: int, health: str, **env: str) -> Iterator[dict[str, int]]:
    """Start a service that needs no database, and yield its pid by its name."""
    with tempfile.TemporaryDirectory() as folder:
        supervisor = Supervisor(Path(folder) / "logs")
        try:
            service = Service(name, command, clean_environment() | {"TF_CPP_MIN_LOG_LEVEL": "3"} | env, ROOT)
            supervisor.start(service)
            supervisor.wait_for(check_health(port, health), service, START_LIMIT_S)
            assert service.process  # noqa: S101
            yield {name: service.process.pid}
        finally:
            supervisor.stop()


@contextlib.contextmanager
def flask_app(key: str, runtime: str, call: str) -> Iterator[Contender]:
    """Start Flask under gunicorn. runtime: as for `load_reader`; call: in words."""
    port = free_port()
    command = [*GUNICORN, "--bind", f"127.0.0.1:{port}", "--workers", str(SYNC_WORKERS), "--timeout", "120",
               f"bench.peers.flask_app:make_app('{runtime}')"]  # fmt: skip
    with single_service("flask", command, port, "/health") as pids:
        settings = f"gunicorn, {SYNC_WORKERS} sync workers (2 x cores + 1), {call} in the request"
        yield Contender(key, f"Flask, {call}", settings, Endpoint("plain", port, "/read"), pids)


@contextlib.contextmanager
def fastapi() -> Iterator[Contender]:
    """Start FastAPI under uvicorn."""
    port = free_port()
    command = [PYTHON, "-m", "uvicorn", "bench.peers.fastapi_app:app", "--port", str(port), "--workers", str(CORES),
               "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]  # fmt: skip
    with single_service("fastapi", command, port, "/health") as pids:
        settings = f"uvicorn, {CORES} workers, uvloop and httptools, LiteRT in the request"
        yield Contender("fastapi", "FastAPI", settings, Endpoint("plain", port, "/read"), pids)


@contextlib.contextmanager
def ray_serve() -> Iterator[Contender]:
    """Start Ray Serve."""
    port = free_port()
    with single_service("ray", [PYTHON, "-m", "bench.peers.ray_app", str(port)], port, "/-/healthz") as pids:
        settings = "2 replicas, batches of at most 32 within 5 ms, at most 64 requests each, no dashboard, LiteRT"
        yield Contender("ray", "Ray Serve", settings, Endpoint("plain", port, "/"), pids)


@contextlib.contextmanager
def bentoml() -> Iterator[Contender]:
    """Start BentoML."""
    port = free_port()
    command = [PYTHON, "-m", "bentoml", "serve", "bench.peers.bentoml_app:Digits", "--host", "127.0.0.1",
               "--port", str(port)]  # fmt: skip
    quiet = {"BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": tempfile.gettempdir() + "/bentoml"}
    with single_service("bentoml", command, port, "/readyz", **quiet) as pids:
        settings = "2 workers, batchable (adaptive), at most 32, concurrency 64, metrics off, LiteRT"
        yield Contender("bentoml", "BentoML", settings, Endpoint("bentoml", port, "/read"), pids)


@contextlib.contextmanager
def litserve() -> Iterator[Contender]:
    """Start LitServe."""
    port = free_port()
    with single_service("litserve", [PYTHON, "-m", "bench.peers.litserve_app", str(port)], port, "/health") as pids:
        settings = "2 workers, batches of at most 32 within 5 ms, LiteRT"
        yield Contender("litserve", "LitServe", settings, Endpoint("litserve", port, "/predict"), pids)


@contextlib.contextmanager
def stock() -> Iterator[Contender]:
    """Start Django, DRF and Celery with a new project's settings."""
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
            ["shell", "-c", STOCK_SETUP],
        ):
            status, output = supervisor.run("stock", [PYTHON, "-m", "django", *arguments], env, ROOT)
            assert status == 0, supervisor.tail("stock")  # noqa: S101
        web = Service("web", [*GUNICORN, "--bind", f"127.0.0.1:{port}", "--workers", str(SYNC_WORKERS),
                              "django.core.wsgi:get_wsgi_application()"], env, ROOT)  # fmt: skip
        worker = Service("worker", [PYTHON, "-m", "celery", "-A", "bench.peers.stock.celery", "worker",
                                    f"--concurrency={CORES}", "--loglevel=WARNING"], env, ROOT)  # fmt: skip
        for service in (web, worker):
            supervisor.start(service)
        endpoint = Endpoint("poll", port, "/pictures/", tuple(output.split()[-1:]))
        supervisor.wait_for(lambda: lists_pictures(endpoint), web, START_LIMIT_S)
        settings = (
            f"gunicorn, {SYNC_WORKERS} sync workers, Celery prefork {CORES}, one task a picture, polled every 50 ms"
        )
        yield Contender("stock", "Django, DRF, Celery", settings, endpoint, pids_of(supervisor))


STOCK_SETUP = """
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
print(Token.objects.create(user=User.objects.create_user("alice")).key)
"""


CREATE_TOKENS = f"""
from accounts.models import User
from accounts.tokens import create_token
for number in range({USERS}):
    print(create_token(User.objects.create_user(f"person{{number}}")))
"""


def lists_pictures(endpoint: Endpoint) -> bool:
    """Return whether the stock build lists the user's pictures."""
    with contextlib.suppress(requests.RequestException):
        headers = {"Authorization": f"Token {endpoint.tokens[0]}"}
        return requests.get(f"http://127.0.0.1:{endpoint.port}{endpoint.path}", headers=headers, timeout=5).ok
    return False


@contextlib.contextmanager
def inkling(key: str, name: str, workers: int = WORKERS, **settings: str) -> Iterator[Contender]:
    """Start Inkling as `make run` does: durable Postgres, Redis, web, workers and beat."""
    with open_site(workers, None, lambda site: None, True, **settings) as site:
        tokens = tuple(site.manage("shell", "-v0", "-c", CREATE_TOKENS).split()[-USERS:])
        endpoint = Endpoint("wait", int(site.url.rsplit(":", 1)[1]), "/api/v1/submissions/", tokens)
        readers = f"{workers} worker{'s' if workers > 1 else ''}"
        described = f"2 web processes of 64 threads, {readers}, Postgres durable, LiteRT; {USERS} users"
        yield Contender(key, name, described, endpoint, pids_of(site.supervisor))


def pids_of(supervisor: Supervisor) -> dict[str, int]:
    """Return the pids of the running services by name."""
    return {service.name: service.process.pid for service in supervisor.services if service.process}


CONTENDERS: dict[str, Callable[[], contextlib.AbstractContextManager[Contender]]] = {
    "flask-predict": lambda: flask_app("flask-predict", "keras", "`model.predict`"),
    "flask": lambda: flask_app("flask", "litert", "LiteRT"),
    "fastapi": fastapi,
    "bentoml": bentoml,
    "litserve": litserve,
    "ray": ray_serve,
    "stock": stock,
    "inkling": lambda: inkling("inkling", "Inkling"),
    "flask-constant": lambda: flask_app("flask-constant", "constant", "constant reader"),
    "inkling-constant": lambda: inkling(
        "inkling-constant", "Inkling, constant reader", READER=CONSTANT_READER, TESTING="1"
    ),
}
