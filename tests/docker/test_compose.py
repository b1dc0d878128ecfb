"""docker-compose.yml keeps the promises of docs/deploy.md: hardened, healthy, private, scalable."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from accounts.delivery import FINISH_WITHIN_S

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8")
ONCE = {"migrate"}
SERVERS = {"db", "redis"}
STOCK = SERVERS | {"prometheus", "grafana"}  # images of others; ours define user and health check
WATCHING = {"flower", "prometheus", "grafana"}
RUNNING = sorted(SERVICES.keys() - ONCE)
WATCHDOG_S, PROFILED = (
    20,
    {
        "worker-gpu": ["gpu"],
        "trainer": ["training"],
        "flower": ["flower"],
        "prometheus": ["monitoring"],
        "grafana": ["monitoring"],
    },
)


def _stage(name: str) -> str:
    """Return the last stage called `name` of the Dockerfile."""
    return re.split(rf"^FROM \S+ AS {name}$", DOCKERFILE, flags=re.M)[1].split("\nFROM ")[0]


def _seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_exactly_these_services_exist_and_five_need_a_profile():
    assert SERVICES.keys() == {
        "db", "redis", "migrate", "web", "worker", "worker-gpu", "trainer", "delivery", "beat", "proxy", "flower",
        "prometheus", "grafana",
    }  # fmt: skip
    assert {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service} == PROFILED


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_hardened(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.keys() & {"cap_add", "privileged", "network_mode", "pid", "ipc", "devices"}
    limits = service["deploy"]["resources"]["limits"]
    assert limits["memory"] and limits["pids"]
    assert float(limits.get("cpus", 1)) <= 1  # or a host with one processor refuses to start it


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_runs_as_root(name):
    service = SERVICES[name]
    user = service.get("user") or re.search(r"^USER (\S+)$", _stage(_target(name)), re.M)[1]
    assert all(int(part) > 0 for part in user.split(":"))


def _target(name: str) -> str:
    """Return the Dockerfile stage of one of our services."""
    image = SERVICES[name]["image"].removeprefix("inkling-").removesuffix(":current")
    return {"worker-gpu": "worker", "trainer": "worker"}.get(image, image)


@pytest.mark.parametrize("name", RUNNING)
def test_a_service_has_a_health_check_and_restarts(name):
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"] if name in STOCK else "\nHEALTHCHECK " in _stage(_target(name))


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - SERVERS))
def test_a_service_waits_for_its_dependencies(name):
    conditions = {on: how["condition"] for on, how in SERVICES[name]["depends_on"].items()}
    assert conditions.keys() & {"db", "redis", "web"}
    assert all(how == "service_healthy" for on, how in conditions.items() if on not in ONCE)
    assert conditions.get("migrate", "service_completed_successfully") == "service_completed_successfully"


@pytest.mark.parametrize("name", ["web", "worker", "worker-gpu", "trainer", "delivery", "beat"])
def test_our_code_starts_on_a_migrated_database(name):
    assert "migrate" in SERVICES[name]["depends_on"]


def test_db_and_redis_are_isolated():
    for name in SERVERS:
        assert SERVICES[name]["networks"] == ["data"]
        assert "ports" not in SERVICES[name]
    assert COMPOSE["networks"]["data"]["internal"] is True
    assert "data" not in SERVICES["proxy"]["networks"]


def test_only_the_proxy_the_delivery_worker_and_what_watches_have_a_way_out():
    ways_out = {name for name, network in COMPOSE["networks"].items() if not network.get("internal")}
    assert ways_out == {"outside"}
    going_out = {name for name, service in SERVICES.items() if ways_out & set(service["networks"])}
    assert going_out == {"proxy", "delivery", *WATCHING}
    inside = {"data", "monitoring"}
    assert all(inside.issuperset(SERVICES[name]["networks"]) for name in ("worker", "worker-gpu", "trainer", "beat"))


def test_prometheus_reaches_those_that_it_asks_and_neither_db_nor_redis():
    assert COMPOSE["networks"]["monitoring"]["internal"] is True
    reached = {name for name, service in SERVICES.items() if "monitoring" in service["networks"]}
    assert reached == {"web", "worker", "worker-gpu", "prometheus", "grafana"}
    assert all("data" not in SERVICES[name]["networks"] for name in ("prometheus", "grafana"))


def test_only_the_delivery_worker_knows_the_password_of_the_mail_server():
    assert [name for name, service in SERVICES.items() if "mail_password" in service.get("secrets", ())] == ["delivery"]
    assert SERVICES["delivery"]["environment"]["MAIL_PASSWORD_FILE"] == "/run/secrets/mail_password"


def test_the_delivery_worker_decodes_nothing():
    assert SERVICES["delivery"]["image"] == SERVICES["web"]["image"]  # without what reads drawings
    assert SERVICES["delivery"]["command"] == ["python", "manage.py", "deliver"]
    assert _seconds(SERVICES["delivery"]["stop_grace_period"]) > FINISH_WITHIN_S


def _added(file: str) -> dict[str, Any]:
    """Return what a file adds to the services."""
    given: dict[str, Any] = yaml.safe_load((ROOT / "docker" / file).read_text(encoding="utf-8"))
    return given["services"]


def test_single_sign_on_gives_web_alone_a_way_out():
    assert _added("sso.yml") == {"web": {"networks": ["provider"]}}


def test_workers_of_images_without_a_delivery_worker_can_send_mail():
    added = _added("mail_by_workers.yml")
    assert added["delivery"] == {"scale": 0}
    for name in ("worker", "worker-gpu"):
        assert (added[name]["networks"], added[name]["secrets"]) == (["outside"], ["mail_password"])


def test_all_that_uses_the_database_passes_pgbouncer_and_knows_the_server_itself():
    added = _added("pgbouncer.yml")
    own = added.pop("pgbouncer")
    assert own["networks"] == ["data"] and "ports" not in own
    hardened = COMPOSE["x-hardened"]
    assert {name: own[name] for name in hardened} == hardened
    assert own["build"].items() >= {"context": ".", "dockerfile": "docker/Dockerfile", "target": "pgbouncer"}.items()
    assert all(int(part) > 0 for part in re.search(r"^USER (\S+)$", _stage("pgbouncer"), re.M)[1].split(":"))
    assert "\nHEALTHCHECK " in _stage("pgbouncer")
    assert added.keys() == {name for name, each in SERVICES.items() if "database_url" in each.get("secrets", ())} - {
        "beat"
    }
    for name, service in added.items():
        assert service["secrets"] == ["pgbouncer_url"]
        assert service["environment"] == {
            "DATABASE_URL_FILE": "/run/secrets/pgbouncer_url",
            "DATABASE_DIRECT_URL_FILE": "/run/secrets/database_url",
        }
        waits = {"pgbouncer": {"condition": "service_healthy"}}
        assert service.get("depends_on", {}) == ({} if name == "migrate" else waits)


def test_only_the_proxy_and_what_watches_are_published():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published.keys() == {"proxy", *WATCHING}
    assert all(port.startswith("127.0.0.1:") for name in WATCHING for port in published[name])
    assert all(port.startswith("${BIND:-127.0.0.1}:") for port in published["proxy"])


@pytest.mark.parametrize("name", ["web", "worker", "worker-gpu"])
def test_a_scalable_service_has_no_fixed_name_or_port(name):
    assert not SERVICES[name].keys() & {"container_name", "ports", "hostname"}


def test_secrets_are_only_in_files():
    assert all(given == {"file": f"secrets/{name}"} for name, given in COMPOSE["secrets"].items())
    for name, service in SERVICES.items():
        words = {str(key): str(value) for key, value in service.get("environment", {}).items()}
        secret = {key for key in words if re.search(r"(PASSWORD|SECRET_KEY|_URL)$", key)} - {"PUBLIC_URL", "WEB_URL"}
        assert not any(words[key] for key in secret), name
        for key, value in words.items():
            if key.endswith("_FILE") and value.startswith("/run/secrets/"):
                assert Path(value).name in service["secrets"]


def test_cpu_and_gpu_workers_are_configured_alike():
    cpu, gpu = SERVICES["worker"], SERVICES["worker-gpu"]
    same = ("secrets", "networks", "depends_on", "stop_grace_period", "env_file")
    assert [cpu[key] for key in same] == [gpu[key] for key in same]
    assert cpu["environment"].items() <= gpu["environment"].items()
    [device] = gpu["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])


@pytest.mark.parametrize("name", ["web", "worker", "worker-gpu"])
def test_a_service_may_finish_its_work_before_it_stops(name):
    assert _seconds(SERVICES[name]["stop_grace_period"]) > WATCHDOG_S


def test_redis_persists_and_refuses_rather_than_evicts():
    script = (ROOT / "docker/redis.sh").read_text(encoding="utf-8")
    for line in ("appendonly yes", "maxmemory-policy noeviction", "requirepass"):
        assert line in script


def test_images_are_pinned():
    images = {service["image"] for service in SERVICES.values()}
    assert {image for image in images if not image.startswith("inkling-")} == {
        "postgres:17",
        "redis:7",
        "prom/prometheus:v3.5.0",
        "grafana/grafana:12.1.0",
    }
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.11-slim-bookworm$", DOCKERFILE, re.M)
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)) <= {
        "${PYTHON_IMAGE}", "base", "packages", "web-packages",
    }  # fmt: skip


def test_the_web_image_holds_no_network_library_and_a_cpu_worker_no_tensorflow():
    web, worker = ((ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8") for name in ("web", "worker"))
    assert not re.search(r"^(numpy|tensorflow|keras|ai-edge-litert)", web, re.M)
    assert not re.search(r"^(tensorflow|keras)", worker, re.M)
    assert "COPY --from=web-packages" in _stage("web")
