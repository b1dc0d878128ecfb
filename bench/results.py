"""The table of a comparison: medians of the repeats, ratios, and what it was measured on."""

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

from bench.candidates import Candidate
from bench.clients import Run
from bench.costs import Costs

PACKAGES = ("flask", "bentoml", "litserve", "django", "djangorestframework", "celery", "gunicorn", "psycopg",
            "tensorflow-cpu", "keras", "ai-edge-litert")  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One run: readings/s, milliseconds, CPU-ms a reading by process and of the client, MB."""

    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_ms: dict[str, float]
    client_ms: float
    peak_mb: float

    @classmethod
    def of(cls, run: Run, costs: Costs) -> "Measured":
        """Sum a run up."""
        times = sorted(1_000 * taken for taken in run.latencies_s)
        cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else (times or [math.nan]) * 99
        shares: dict[str, float] = defaultdict(float)
        for name, seconds in costs.cpu_s.items():
            shares[name.split("-")[0]] += 1_000 * seconds / run.readings
        rate = len(times) / run.window_s
        return cls(
            rate, cuts[49], cuts[94], cuts[98], dict(shares), 1_000 * run.client_cpu_s / run.readings, costs.peak_mb
        )

    @property
    def cpu_all_ms(self) -> float:
        """CPU-ms a reading of all the servers."""
        return sum(self.cpu_ms.values())


def middle(runs: Sequence[Measured], name: str) -> float:
    """Return the median of the repeats."""
    return statistics.median(getattr(run, name) for run in runs)


def report(candidates: Sequence[Candidate], found: Mapping[tuple[str, int], list[Measured]], out: Path | None) -> None:
    """Print the tables, and write them to `out`."""
    lines = [*machine(), *settings(candidates), "", *table(candidates, found), "", *ratios(candidates, found)]
    text = "\n".join(lines)
    print(f"\n{text}")
    if out:
        out.write_text(f"# Beside what people would use instead\n\n{text}\n", encoding="utf-8")


def machine() -> list[str]:
    """Say on what and with what it was measured."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {processor()}, "
        f"Python {platform.python_version()}; {versions}. Load average at the end: {load}.",
        "",
        "All candidates run at once and are asked in turn, with the same 100 PNGs of one digit each, by a client "
        "process on the same machine in a closed loop; every figure is the median of the repeats. Same network, "
        "preprocessing and reader everywhere, and every answer was compared. CPU is the servers' alone, the client's "
        "stands apart, and CPU-ms are those of a machine whose cores are all busy: compare within the table; "
        "memory is the greatest PSS of all of a candidate's processes.",
        "",
    ]


def processor() -> str:
    """Return the processor's name."""
    names = [
        line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    return names[0] if names else platform.machine()


def settings(candidates: Sequence[Candidate]) -> list[str]:
    """Say how each was set up."""
    return ["| | candidate | settings |", "|---|---|---|"] + [
        f"| {each.key} | {each.name} | {each.settings} |" for each in candidates
    ]


def table(candidates: Sequence[Candidate], found: Mapping[tuple[str, int], list[Measured]]) -> list[str]:
    """Return the table of all runs."""
    lines = ["| | clients | readings/s | p50 ms | p95 ms | p99 ms | CPU-ms a reading | of which | client | MB |",
             "|---|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for (key, clients), runs in sorted(found.items(), key=lambda item: (item[0][1], item[0][0])):
        name = next(each.name for each in candidates if each.key == key)
        names = runs[0].cpu_ms
        parts = ", ".join(f"{part} {statistics.median(run.cpu_ms[part] for run in runs):.1f}" for part in names)
        lines.append(
            f"| {key} {name} | {clients} | {middle(runs, 'rate'):.1f} | {middle(runs, 'p50_ms'):.1f} | "
            f"{middle(runs, 'p95_ms'):.1f} | {middle(runs, 'p99_ms'):.1f} | {middle(runs, 'cpu_all_ms'):.1f} | "
            f"{parts if len(names) > 1 else ''} | {middle(runs, 'client_ms'):.1f} | {middle(runs, 'peak_mb'):.0f} |"
        )
    return lines


def ratios(candidates: Sequence[Candidate], found: Mapping[tuple[str, int], list[Measured]]) -> list[str]:
    """Set the product beside each of the others."""
    if ("f", 1) not in found:
        return []
    lines = ["| Inkling (f) against | readings/s at 64 | p50 alone | CPU-ms a reading at 64 |", "|---|---|---|---|"]
    for each in candidates:
        if each.key in "fg":
            continue
        rate, p50, cpu = (
            middle(found["f", clients], name) / middle(found[each.key, clients], name)
            for clients, name in ((64, "rate"), (1, "p50_ms"), (64, "cpu_all_ms"))
        )
        lines.append(f"| {each.key} {each.name} | x {rate:.2f} | x {p50:.2f} | x {cpu:.2f} |")
    return lines
