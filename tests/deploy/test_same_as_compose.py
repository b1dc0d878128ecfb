"""Kubernetes runs what docker-compose.yml runs: the same images, commands, variables, secrets, limits and networks."""

import pytest

from tests.deploy.rendered import COMPOSE, ROOT, find, needs_kubectl, pods, render

pytestmark = needs_kubectl
SERVICES = COMPOSE["services"]
ELSEWHERE = {
    "proxy": "the Ingress and its controller",
    "flower": "watches Celery, which carries wake-ups only; `kubectl port-forward` and the admin show more",
    "prometheus": "the cluster's own, in the namespace `monitoring`",
    "grafana": "the cluster's own; deploy/monitoring/grafana/inkling.json is the dashboard",
}
HEARTBEAT = SERVICES["delivery"]["environment"]["HEARTBEAT_FILE"]
STORES = {"db", "redis"}  # managed ones, or those of overlays/example
OURS = sorted(SERVICES.keys() - ELSEWHERE.keys() - STORES)


def _counterparts():
    """Return the pods' templates of everything that there is, by compose's names."""
    return pods(render("overlays/example")) | pods(render("overlays/gpu"))


def _container(name):
    return _counterparts()[name]["spec"]["containers"][0]


def _bytes(text):
    units = {"k": 2**10, "m": 2**20, "g": 2**30}
    text = text.lower().removesuffix("b").removesuffix("i")
    return int(text[:-1]) * units[text[-1]] if text[-1] in units else int(text)


def _cores(text):
    return int(text.removesuffix("m")) / 1000 if text.endswith("m") else float(text)


def test_every_service_has_a_counterpart():
    assert _counterparts().keys() == SERVICES.keys() - ELSEWHERE.keys()
    assert find(render("base"), "Ingress")["web"]


@pytest.mark.parametrize("name", sorted([*OURS, *STORES]))
def test_image_and_command_are_the_same(name):
    ours, theirs = SERVICES[name], _container(name)
    registry = theirs["image"].removeprefix("registry.example.org/")
    assert registry.partition(":")[0] == ours["image"].partition(":")[0]
    if name == "redis":  # compose mounts a script; the manifest has its lines
        script = (ROOT / "docker/redis.sh").read_text(encoding="utf-8")
        lines = {word for line in script.splitlines() if "'" in line for word in line.split("'")[1::2]}
        assert all(line in theirs["command"][-1] for line in lines)
        return
    given = ours.get("command")
    assert (theirs.get("command") or theirs.get("args")) == given


def test_images_have_no_tag_of_their_own_in_the_base():
    for name, pod in pods(render("base")).items():
        assert pod["spec"]["containers"][0]["image"] == SERVICES[name]["image"]


@pytest.mark.parametrize("name", OURS)
def test_variables_are_the_same(name):
    settings = next(iter(find(render("base"), "ConfigMap").values()))["data"]
    own = {one["name"]: one["value"] for one in _container(name).get("env", [])}
    given = {key: str(value) for key, value in SERVICES[name]["environment"].items() if str(value)}
    assert settings | own == given
    assert own.keys() <= SERVICES[name]["environment"].keys()


@pytest.mark.parametrize("name", OURS)
def test_secrets_are_the_same_files_and_nobody_else_may_read_them(name):
    [volume] = [volume for volume in _counterparts()[name]["spec"]["volumes"] if "secret" in volume]
    assert volume["secret"]["defaultMode"] == 0o440
    assert [item["key"] for item in volume["secret"]["items"]] == SERVICES[name]["secrets"]
    assert all(item["key"] == item["path"] for item in volume["secret"]["items"])
    [mount] = [mount for mount in _container(name)["volumeMounts"] if mount["name"] == volume["name"]]
    assert (mount["mountPath"], mount["readOnly"]) == ("/run/secrets", True)


@pytest.mark.parametrize("name", sorted([*OURS, *STORES]))
def test_limits_and_stop_times_are_the_same(name):
    ours, pod = SERVICES[name], _counterparts()[name]["spec"]
    limits, given = pod["containers"][0]["resources"]["limits"], ours["deploy"]["resources"]["limits"]
    assert _bytes(limits["memory"]) == _bytes(given["memory"])
    assert ("cpu" in limits, _cores(limits.get("cpu", "0"))) == ("cpus" in given, float(given.get("cpus", 0)))
    if "stop_grace_period" in ours:
        assert f"{pod['terminationGracePeriodSeconds']}s" == ours["stop_grace_period"]


@pytest.mark.parametrize("name", OURS)
def test_what_may_be_written_is_the_same(name):
    volumes = {
        volume["name"]: volume["emptyDir"]
        for volume in _counterparts()[name]["spec"]["volumes"]
        if "emptyDir" in volume
    }
    mounted = {
        mount["mountPath"]: volumes[mount["name"]]
        for mount in _container(name)["volumeMounts"]
        if mount["name"] in volumes
    }
    in_memory = {path: given["sizeLimit"] for path, given in mounted.items() if given.get("medium") == "Memory"}
    assert {path: _bytes(size) for path, size in in_memory.items()} == {
        entry.partition(":")[0]: _bytes(entry.rpartition("size=")[2]) for entry in SERVICES[name]["tmpfs"]
    }
    assert mounted.keys() - in_memory.keys() == set(SERVICES[name].get("volumes", []))


def _members(policy):
    selector = find(render("base"), "NetworkPolicy")[policy]["spec"]["podSelector"]
    labels = selector.get("matchLabels")
    return {labels["app.kubernetes.io/component"]} if labels else set(selector["matchExpressions"][0]["values"])


@pytest.mark.parametrize(
    ("policy", "network"), [("data", "data"), ("front", "front"), ("outside", "outside"), ("monitoring", "monitoring")]
)
def test_networks_are_the_same(policy, network):
    members = {name for name in OURS if network in SERVICES[name]["networks"]}
    assert _members(policy) == members
    assert find(render("base"), "NetworkPolicy")["nothing"]["spec"] == {
        "podSelector": {}, "policyTypes": ["Ingress", "Egress"],
    }  # fmt: skip


def test_only_delivery_reaches_more_than_the_stores_and_names():
    ways = {"names": {53}, "data": {5432, 6379}}
    for name, policy in find(render("base"), "NetworkPolicy").items():
        for way in policy["spec"].get("egress", []):
            ports = {port["port"] for port in way.get("ports", [])}
            assert ports == ways[name] if name in ways else _members(name) == {"delivery"}


def test_health_is_asked_as_in_compose():
    for name in OURS:
        container = _container(name)
        if name == "web":
            assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
        elif name != "migrate":
            assert container["livenessProbe"]["exec"]["command"] == ["rm", HEARTBEAT]
            assert container["livenessProbe"]["failureThreshold"] == 4
    assert _container("beat")["livenessProbe"]["periodSeconds"] == 60


def test_web_comes_before_workers_when_cpus_are_short():
    requests = {name: _cores(_container(name)["resources"]["requests"]["cpu"]) for name in ("web", "worker", "trainer")}
    shares = {"web": 1024, "worker": SERVICES["worker"]["cpu_shares"], "trainer": SERVICES["trainer"]["cpu_shares"]}
    for name in ("worker", "trainer"):
        assert requests["web"] / requests[name] == pytest.approx(shares["web"] / shares[name], rel=0.02)
