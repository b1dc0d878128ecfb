"""The overlays of deploy/kubernetes as `kubectl kustomize` renders them, and docker-compose.yml."""

import functools
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "deploy/kubernetes"
OVERLAYS = sorted(path.name for path in (KUBERNETES / "overlays").iterdir())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))

Kind = dict[str, Any]

needs_kubectl = pytest.mark.skipif(not shutil.which("kubectl"), reason="needs kubectl 1.27 or newer, for its kustomize")


@functools.cache
def render(folder: str) -> list[Kind]:
    """Return the kinds of a folder of deploy/kubernetes, such as overlays/keda."""
    kubectl = shutil.which("kubectl") or "kubectl"
    done = subprocess.run([kubectl, "kustomize", str(KUBERNETES / folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def everything() -> list[Kind]:
    """Return the kinds of all overlays."""
    return [kind for name in OVERLAYS for kind in render(f"overlays/{name}")]


def find(kinds: list[Kind], kind: str) -> dict[str, Kind]:
    """Return what is of one kind, by name."""
    return {one["metadata"]["name"]: one for one in kinds if one["kind"] == kind}


def pods(kinds: list[Kind]) -> dict[str, Kind]:
    """Return the pods' templates, by the name of what makes them."""
    return {one["metadata"]["name"]: one["spec"]["template"] for one in kinds if "template" in one.get("spec", {})}


def containers(pod: Kind) -> list[Kind]:
    """Return all containers of a pod's template."""
    spec = pod["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]
