"""Write the tables of the comparison: medians of the repeats, ratios, and the machine."""

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

from bench.clients import Run
from bench.contenders import Contender
from bench.resource_usage import ResourceUsage

PACKAGES = ("flask", "bentoml", "litserve", "django", "djangorestframework", "celery", "gunicorn", "psycopg",
            "tensorflow-cpu", "keras", "ai-edge-litert")  # fmt: skip
METHOD = (
    "All contenders run at the same time and are measured in turn. A client process on the same machine sends the same "
    "100 PNGs of one digit each, in a closed loop; every figure is the median of the repeats. Network, preprocessing "
    "and reader are the same everywhere, and every reading was checked. CPU time is that of the server processes, with "
    "the client's in a column of its own; it was measured with all cores busy, so compare it within the table only. "
    "Memory is the peak PSS of all processes of a contender."
)


@dataclass(frozen=True)
class Measurement:
    """The figures of one run.

    Attributes:
        rate: readings/s.
        p50_ms, p95_ms, p99_ms: latency.
        cpu_ms: CPU time a reading, by process.
        client_ms: CPU time a reading, of the client.
        peak_mb: memory.
    """

    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: dict[str, float]
    client_ms: float
    peak_mb: float

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
            rate, cuts[49], cuts[94], cuts[98], dict(shares), 1_000 * run.client_cpu_s / run.readings, usage.peak_mb
        )

    @property
    def cpu_all_ms(self) -> float:
        """Return the CPU time a reading, in ms, of all server processes."""
        return sum(self.cpu_ms.values())


def median(runs: Sequence[Measurement], name: str) -> float:
    """Return the median of a figure over the repeats."""
    return statistics.median(getattr(run, name) for run in runs)


def report(
    contenders: Sequence[Contender], found: Mapping[tuple[str, int], list[Measurement]], out: Path | None
) -> None:
    """Print the tables, and write them to `out` if given."""
    lines = [*machine(), *settings(contenders), "", *table(contenders, found), "", *ratios(contenders, found)]
    text = "\n".join(lines)
    print(f"\n{text}")
    if out:
        out.write_text(f"# Comparison with other services\n\n{text}\n", encoding="utf-8")


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
    return ["| | contender | settings |", "|---|---|---|"] + [
        f"| {each.key} | {each.name} | {each.settings} |" for each in contenders
    ]


def table(contenders: Sequence[Contender], found: Mapping[tuple[str, int], list[Measurement]]) -> list[str]:
    """Return the table of all figures."""
    lines = ["| | clients | readings/s | p50 ms | p95 ms | p99 ms | CPU-ms a reading | by process | client | MB |",
             "|---|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for (key, clients), runs in sorted(found.items(), key=lambda item: (item[0][1], item[0][0])):
        name = next(each.name for each in contenders if each.key == key)
        names = runs[0].cpu_ms
        parts = ", ".join(f"{part} {statistics.median(run.cpu_ms[part] for run in runs):.1f}" for part in names)
        lines.append(
            f"| {key} {name} | {clients} | {median(runs, 'rate'):.1f} | {median(runs, 'p50_ms'):.1f} | "
            f"{median(runs, 'p95_ms'):.1f} | {median(runs, 'p99_ms'):.1f} | {median(runs, 'cpu_all_ms'):.1f} | "
            f"{parts if len(names) > 1 else ''} | {median(runs, 'client_ms'):.1f} | {median(runs, 'peak_mb'):.0f} |"
        )
    return lines


def ratios(contenders: Sequence[Contender], found: Mapping[tuple[str, int], list[Measurement]]) -> list[str]:
    """Return the table of ratios of Inkling to each of the others."""
    if ("f", 1) not in found:
        return []
    lines = ["| Inkling (f) against | readings/s at 64 | p50 alone | CPU-ms a reading at 64 |", "|---|---|---|---|"]
    for each in contenders:
        if each.key in "fg":
            continue
        rate, p50, cpu = (
            median(found["f", clients], name) / median(found[each.key, clients], name)
            for clients, name in ((64, "rate"), (1, "p50_ms"), (64, "cpu_all_ms"))
        )
        lines.append(f"| {each.key} {each.name} | x {rate:.2f} | x {p50:.2f} | x {cpu:.2f} |")
    return lines
