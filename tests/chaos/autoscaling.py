"""What KEDA and the cluster's autoscaler do with deploy/kubernetes/components/keda, for workers on this machine.

The query, its target, the policies and windows are those of the manifest. A recommendation is made each SYNC_S: the
number of workers times the age over its target.

Source: Kubernetes' documentation of the HorizontalPodAutoscaler, "Algorithm details" and
"Configurable scaling behavior"; KEDA's of the scaler `postgresql`.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import yaml

from local.paths import ROOT

MANIFEST = ROOT / "deploy/kubernetes/components/keda/scaling.yaml"
SYNC_S = 15  # the controller's period, unless the cluster says otherwise
TOLERANCE = 0.1  # within which nothing changes


@dataclass(frozen=True)
class Policies:
    """In one direction: what may change within a period, and how far back recommendations count."""

    window_s: int
    allowed: list[dict[str, Any]]

    @classmethod
    def of(cls, behavior: dict[str, Any]) -> "Policies":
        return cls(behavior["stabilizationWindowSeconds"], behavior["policies"])


@dataclass(frozen=True)
class Rule:
    """When there are how many workers."""

    query: str
    target: float
    least: int
    most: int
    up: Policies
    down: Policies


def read_rule(least: int | None = None, most: int | None = None) -> Rule:
    """Return the rule of the manifest. least, most: numbers of workers in place of the manifest's."""
    documents = yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8"))
    spec = next(each["spec"] for each in documents if each["kind"] == "ScaledObject")
    [trigger] = spec["triggers"]
    if trigger["metricType"] != "Value":
        raise ValueError("the rule is written for metricType: Value")
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    return Rule(
        trigger["metadata"]["query"],
        float(trigger["metadata"]["targetQueryValue"]),
        least or spec["minReplicaCount"],
        most or spec["maxReplicaCount"],
        Policies.of(behavior["scaleUp"]),
        Policies.of(behavior["scaleDown"]),
    )


@dataclass
class Scaler:
    """Decides how many workers there should be. Times are seconds of any clock."""

    rule: Rule
    _recommended: deque[tuple[float, int]] = field(default_factory=deque)
    _changes: deque[tuple[float, int]] = field(default_factory=deque)

    def decide(self, workers: int, age_s: float, now: float) -> int:
        """Return the number of workers from now on. age_s: what the query answers."""
        ratio = age_s / self.rule.target
        wanted = workers if abs(ratio - 1) <= TOLERANCE else math.ceil(workers * ratio)
        wanted = min(max(wanted, self.rule.least), self.rule.most)
        self._recommended.append((now, wanted))
        if wanted > workers:
            wanted = min([wanted, *self._since(now - self.rule.up.window_s)])
            decided = max(workers, min(wanted, self._limit(self.rule.up, workers, now)))
        else:
            wanted = max([wanted, *self._since(now - self.rule.down.window_s)])
            decided = min(workers, max(wanted, self._limit(self.rule.down, workers, now)))
        if decided != workers:
            self._changes.append((now, decided - workers))
        return decided

    def _since(self, then: float) -> list[int]:
        return [count for at, count in self._recommended if at > then]

    def _limit(self, policies: Policies, workers: int, now: float) -> int:
        """Return the number that the most generous policy allows, counting what changed within its period."""
        is_up = policies is self.rule.up
        limits = []
        for policy in policies.allowed:
            recent = [by for at, by in self._changes if at > now - policy["periodSeconds"] and (by > 0) is is_up]
            start = workers - sum(recent)
            step = policy["value"] if policy["type"] == "Pods" else start * policy["value"] / 100
            limits.append(math.ceil(start + step) if is_up else math.floor(start - step))
        return max(limits) if is_up else min(limits)
