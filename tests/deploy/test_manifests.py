"""The manifests of deploy/kubernetes are valid, hardened, and refer to what there is."""

import base64
import copy
import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.deploy.rendered import COMPOSE, OVERLAYS, ROOT, containers, everything, find, needs_kubectl, pods, render

pytestmark = needs_kubectl
VERSIONS = ("1.30", "1.37")  # the oldest and the newest Kubernetes
KEDA = json.loads(Path(__file__).with_name("keda.schema.json").read_text(encoding="utf-8"))
_DOCKERFILE = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8")
[_WEB_PROCESSES] = re.findall(r"WEB_CONCURRENCY=(\d+)", _DOCKERFILE)
[_POOL] = re.findall(r'"DATABASE_POOL_SIZE", "(\d+)"', (ROOT / "config/wsgi.py").read_text(encoding="utf-8"))
# The most to Postgres of each pod; each process of web has a listener too.
CONNECTIONS = {"web": int(_WEB_PROCESSES) * (int(_POOL) + 1), "worker": 5, "delivery": 2, "migrate": 1, "beat": 0}


def _validate(kind, version):
    if kind["apiVersion"].startswith("keda.sh/"):
        jsonschema.validate(kind, KEDA)
    else:
        kubernetes_validate.validate(kind, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_kind_is_valid(version):
    seen = []
    for kind in everything():
        if kind not in seen:
            seen.append(kind)
            _validate(kind, version)
    assert {"Deployment", "ScaledObject", "TriggerAuthentication", "StatefulSet"} <= {kind["kind"] for kind in seen}


def test_an_unknown_field_is_found():
    web = copy.deepcopy(find(render("base"), "Deployment")["web"])
    web["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="readynessProbe"):
        _validate(web, VERSIONS[-1])


@pytest.mark.parametrize(
    ("path", "value"), [("metricType", "Age"), ("metadata", {"query": "SELECT 1", "targetQueryValue": 5}), ("kind", 1)]
)
def test_a_wrong_trigger_is_found(path, value):
    scaled = copy.deepcopy(find(render("overlays/keda"), "ScaledObject")["worker"])
    scaled["spec"]["triggers"][0][path] = value
    with pytest.raises(jsonschema.ValidationError):
        _validate(scaled, VERSIONS[-1])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_restricted(overlay):
    kinds = render(f"overlays/{overlay}")
    assert (
        find(kinds, "Namespace")["inkling"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    )
    for name, pod in pods(kinds).items():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["enableServiceLinks"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not spec.keys() & {"hostNetwork", "hostPID", "hostIPC"}
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
            assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_a_pod_refers_to_exists(overlay):
    kinds = render(f"overlays/{overlay}")
    accounts, settings = find(kinds, "ServiceAccount"), find(kinds, "ConfigMap")
    assert all(account["automountServiceAccountToken"] is False for account in accounts.values())
    claims = {
        claim["metadata"]["name"]
        for store in find(kinds, "StatefulSet").values()
        for claim in store["spec"]["volumeClaimTemplates"]
    }
    for name, pod in pods(kinds).items():
        assert pod["spec"].get("serviceAccountName", "default") in accounts.keys() | {"default"}, name
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        for container in containers(pod):
            mounted = {mount["name"] for mount in container["volumeMounts"]}
            assert volumes <= mounted <= volumes | claims, name
            assert all(source["configMapRef"]["name"] in settings for source in container.get("envFrom", []))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_service_finds_its_pods_and_their_ports(overlay):
    kinds = render(f"overlays/{overlay}")
    for name, service in find(kinds, "Service").items():
        [container] = [pod["spec"]["containers"][0] for pod in _selected(kinds, service["spec"]["selector"])]
        named = {port["name"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= named, name
    probed = pods(kinds)["web"]["spec"]["containers"][0]
    asked = [probe["httpGet"]["port"] for key, probe in probed.items() if key.endswith("Probe")]
    assert asked == [port["name"] for port in probed["ports"]] * 3


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_scaled_or_kept_available_exists(overlay):
    kinds = render(f"overlays/{overlay}")
    deployments = find(kinds, "Deployment")
    for kind in ("HorizontalPodAutoscaler", "ScaledObject"):
        for scaled in find(kinds, kind).values():
            target = deployments[scaled["spec"]["scaleTargetRef"]["name"]]
            assert "replicas" not in target["spec"]  # or each `kubectl apply` would undo what was scaled
    for budget in find(kinds, "PodDisruptionBudget").values():
        assert len(_selected(kinds, budget["spec"]["selector"]["matchLabels"])) == 1


def _selected(kinds, labels):
    """Return the pods' templates that have these labels."""
    return [pod for pod in pods(kinds).values() if labels.items() <= pod["metadata"]["labels"].items()]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_there_is_exactly_one_beat_and_it_never_runs_beside_another(overlay):
    beat = find(render(f"overlays/{overlay}"), "Deployment")["beat"]["spec"]
    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_of_ours_waits_for_the_migration(overlay):
    kinds = render(f"overlays/{overlay}")
    for name, deployment in find(kinds, "Deployment").items():
        if name == "redis":
            continue
        [first] = deployment["spec"]["template"]["spec"]["initContainers"]
        assert "until python manage.py prepare --check" in first["command"][-1]
        assert first["image"] == deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    assert find(kinds, "Job")["migrate"]["spec"]["ttlSecondsAfterFinished"] > 0


def test_all_pods_together_leave_postgres_connections():
    kinds = render("overlays/keda")
    most = {name: deployment["spec"].get("replicas", 1) for name, deployment in find(kinds, "Deployment").items()}
    most["web"] = find(kinds, "HorizontalPodAutoscaler")["web"]["spec"]["maxReplicas"]
    most["worker"] = find(kinds, "ScaledObject")["worker"]["spec"]["maxReplicaCount"]
    used = sum(CONNECTIONS[name] * (count + (name in {"web", "worker"})) for name, count in most.items())
    [allowed] = re.findall(r"--max_connections=(\d+)", " ".join(COMPOSE["services"]["db"]["command"]))
    assert used + CONNECTIONS["migrate"] < int(allowed) - 10  # with one more of each in a rollout, and people's own


def test_the_secret_has_every_file_without_its_line_end(tmp_path):
    for script in ("docker/secrets.sh", "deploy/kubernetes/secret.sh"):
        (tmp_path / script).parent.mkdir(parents=True)
        shutil.copy(ROOT / script, tmp_path / script)
    done = subprocess.run([tmp_path / "deploy/kubernetes/secret.sh"], capture_output=True, text=True, check=True)
    secret = yaml.safe_load(done.stdout)
    _validate(secret, VERSIONS[-1])
    found = {name: base64.b64decode(value).decode() for name, value in secret["data"].items()}
    assert found == {
        file.name: file.read_text().rstrip("\n") for file in (tmp_path / "secrets").iterdir() if file.is_file()
    }
    assert found["mail_password"] == ""  # an empty one is there too, as pods mount it
    mounted = {
        item["key"]
        for pod in pods(render("overlays/example")).values()
        for volume in pod["spec"]["volumes"]
        if "secret" in volume
        for item in volume["secret"]["items"]
    }
    assert mounted <= found.keys()


def test_the_way_in_has_the_host_of_the_public_address():
    kinds = render("overlays/production")
    [settings] = find(kinds, "ConfigMap").values()
    host = urlsplit(settings["data"]["PUBLIC_URL"]).hostname
    way_in = find(kinds, "Ingress")["web"]["spec"]
    assert ([rule["host"] for rule in way_in["rules"]], way_in["tls"][0]["hosts"]) == ([host], [host])
    patched = (ROOT / "deploy/kubernetes/overlays/production/kustomization.yaml").read_text(encoding="utf-8")
    assert patched.count(host) == 3  # one place to change all of them
