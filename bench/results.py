"""Write the tables of the comparison: medians of the repeats, ratios, and the machine."""

import json
import math
import os
import platform
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.chart import MEDIANS, draw_chart
from bench.clients import Run
from bench.contenders import Contender
from bench.resource_usage import ResourceUsage

PACKAGES = ("flask", "fastapi", "uvicorn", "bentoml", "litserve", "ray",
            "django", "djangorestframework", "celery", "gunicorn", "psycopg",
            "tensorflow-cpu", "keras", "ai-edge-litert")  # fmt: skip
RESULTS = Path(__file__).with_name("RESULTS.md")
METHOD = (
    "In each repeat the contenders are started and measured in turn, one at a time. A client process on the same "
    "machine sends the same 100 PNGs of one digit each, in a closed loop; every figure is the median of the repeats. "
    "Network, preprocessing and reader are the same everywhere, and every reading was checked. CPU time is that of the "
    "server processes, with the client's in a column of its own; it was measured with all cores busy, so compare it "
    "within the table only. Memory is the PSS of all processes of a contender right after a run."
)


@dataclass(frozen=True)
class Measurement:
    """The figures of one run.

    Attributes:
        rate: readings/s.
        p50_ms, p95_ms, p99_ms: latency.
        cpu_ms: CPU time a reading, by process.
        client_ms: CPU time a reading, of the client.
        memory_mb: memory.
    """

    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: dict[str, float]
    client_ms: float
    memory_mb: float

    @classmethod
    def of(cls, run: Run, usage: ResourceUsage) -> "Measurement":
        """Compute the figures of a run."""
        times = sorted(1_000 * taken for taken in run.latencies_s)
        cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else (times or [math.nan]) * 99
        shares: dict[str, float] = defaultdict(float)
        for name, seconds in usage.cpu_s.items():
            shares[name.split("-")[0]] += 1_000 * seconds / run.readings
        rate = len(times) / run.window_s
        return cls(
            rate, cuts[49], cuts[94], cuts[98], dict(shares), 1_000 * run.client_cpu_s / run.readings, usage.memory_mb
        )

    @property
    def cpu_all_ms(self) -> float:
        """Return the CPU time a reading, in ms, of all server processes."""
        return sum(self.cpu_ms.values())


def median(runs: Sequence[Measurement], name: str) -> float:
    """Return the median of a figure over the repeats."""
    return statistics.median(getattr(run, name) for run in runs)


def report(
    contenders: Sequence[Contender], found: Mapping[tuple[str, int], list[Measurement]], *, is_kept: bool
) -> None:
    """Print the tables; if `is_kept`, write them and the medians to files, and draw the chart."""
    lines = [*machine(), *ratios(contenders, found), "", *settings(contenders), "", *table(contenders, found)]
    text = "\n".join(lines)
    print(f"\n{text}")
    if is_kept:
        RESULTS.write_text(f"# Comparison with other services\n\n{text}\n", encoding="utf-8")
        save_medians(contenders, found)


def save_medians(contenders: Sequence[Contender], found: Mapping[tuple[str, int], list[Measurement]]) -> None:
    """Write the CPU time of a reading at 64 clients to MEDIANS, in ms, by contender and process."""
    medians = {
        each.name: {
            part: round(statistics.median(run.cpu_ms[part] for run in found[each.key, 64]), 2)
            for part in found[each.key, 64][0].cpu_ms
        }
        for each in contenders
    }
    MEDIANS.write_text(json.dumps(medians, indent=1) + "\n", encoding="utf-8")
    draw_chart(medians)


def machine() -> list[str]:
    """Return lines that describe the machine, the versions and the method."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {processor()}, "
        f"Python {platform.python_version()}; {versions}. Load average at the end: {load}.",
        "",
        METHOD,
        "",
    ]


def processor() -> str:
    """Return the name of the processor."""
    names = [
        line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    return names[0] if names else platform.machine()


def settings(contenders: Sequence[Contender]) -> list[str]:
    """Return the table of settings."""
    return ["| | settings |", "|---|---|"] + [f"| {each.name} | {each.settings} |" for each in contenders]


def table(contenders: Sequence[Contender], found: Mapping[tuple[str, int], list[Measurement]]) -> list[str]:
    """Return the table of all figures."""
    lines = ["| | clients | readings/s | p50 ms | p95 ms | p99 ms | CPU-ms a reading | by process | client | MB |",
             "|---|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for (key, clients), runs in sorted(found.items(), key=lambda item: item[0][1]):
        name = next(each.name for each in contenders if each.key == key)
        names = runs[0].cpu_ms
        parts = ", ".join(f"{part} {statistics.median(run.cpu_ms[part] for run in runs):.1f}" for part in names)
        lines.append(
            f"| {name} | {clients} | {median(runs, 'rate'):.1f} | {median(runs, 'p50_ms'):.1f} | "
            f"{median(runs, 'p95_ms'):.1f} | {median(runs, 'p99_ms'):.1f} | {median(runs, 'cpu_all_ms'):.1f} | "
            f"{parts if len(names) > 1 else ''} | {median(runs, 'client_ms'):.1f} | {median(runs, 'memory_mb'):.0f} |"
        )
    return lines


def ratios(contenders: Sequence[Contender], found: Mapping[tuple[str, int], list[Measurement]]) -> list[str]:
    """Return the table of ratios of Inkling to each of the others, and of its slowest requests to the median."""
    by_key = {each.key: each for each in contenders}
    pairs = [("inkling", key) for key in by_key if not key.endswith("constant")] + [
        ("inkling-constant", "flask-constant")
    ]
    lines = ["| | readings/s at 64 | p50 alone | CPU-ms a reading at 64 |", "|---|---|---|---|"]
    for ours, theirs in pairs:
        if ours == theirs or ours not in by_key or theirs not in by_key:
            continue
        rate, p50, cpu = (
            median(found[ours, clients], name) / median(found[theirs, clients], name)
            for clients, name in ((64, "rate"), (1, "p50_ms"), (64, "cpu_all_ms"))
        )
        name = f"{by_key[ours].name} against {by_key[theirs].name}"
        lines.append(f"| {name} | x {rate:.2f} | x {p50:.2f} | x {cpu:.2f} |")
    if "inkling" in by_key:
        slow = median(found["inkling", 64], "p99_ms") / median(found["inkling", 64], "p50_ms")
        lines += ["", f"Inkling at 64 clients: p99 is {slow:.2f} times p50."]
    return lines
