"""Run the rehearsal in order and print its table."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack, closing

from docker.rehearsal import backup, crash, hardening, mail, slow, upgrade
from docker.rehearsal.compose import compose, run
from docker.rehearsal.load import Caller
from docker.rehearsal.stage import Stage, smoke

LIMITS_MB = {"web": 110, "worker": 330, "proxy": None, "flower": None}
FIRST_OF_OURS = "PYTHONUNBUFFERED=1"  # in the first layer that docker/Dockerfile adds to its base
SLOW_CLIENTS = 60


def build(stage: Stage) -> None:
    """Build the images, unless BUILD=no."""
    if os.environ.get("BUILD", "yes") != "no":
        began = time.monotonic()
        run("docker", "compose", "--profile", "flower", "build", "--quiet")
        stage.report("build", f"{time.monotonic() - began:.0f} s")
    for image, limit_mb in LIMITS_MB.items():
        size = size_mb(f"inkling-{image}:current")
        found = f"{size:.0f} MB on top of the base" + (f", at most {limit_mb}" if limit_mb else "")
        stage.report(f"image {image}", found, not limit_mb or size <= limit_mb)


def size_mb(image: str) -> float:
    """Return the size of the layers that one of our images adds to its base."""
    layers = run("docker", "history", "--human=false", "--no-trunc", "--format", "{{.Size}} {{.CreatedBy}}", image)
    ours, first, _ = layers.partition(FIRST_OF_OURS)
    if not first:
        raise RuntimeError(f"{image} was not built by docker/Dockerfile")
    return sum(int(line.split()[0]) for line in ours.splitlines()) / 1e6


def start(stage: Stage) -> None:
    """Start the service for the first time."""
    stage.report(f"nothing to all healthy, {stage.workers} workers", f"{stage.open():.0f} s")


def stop_in_mid_body(stage: Stage) -> None:
    """Let clients stop in the middle of a body, and check the service."""
    alone = slow.times_of_health(stage.base_url)
    with ExitStack() as stack:
        slow.send_half(stack, stage.base_url, stage.token, SLOW_CLIENTS)
        during = slow.times_of_health(stage.base_url)
        began = time.monotonic()
        with closing(Caller(stage.base_url, stage.token)) as caller:
            status, _ = caller.ask("GET", "/api/v1/submissions/")
        seconds = time.monotonic() - began
    found = (
        f"health check answered {len(during)} of {slow.CHECKS}, within {max(during, default=0):.2f} s"
        f" ({max(alone, default=0):.2f} s without them); the API {status} after {seconds:.2f} s"
    )
    stage.report(
        f"{SLOW_CLIENTS} clients that stop in the middle of a body", found, len(during) == slow.CHECKS and status == 200
    )


STEPS = (
    smoke, stop_in_mid_body, hardening.inspect_rights, mail.send_mail, crash.kill_a_process, crash.kill_all_processes,
    crash.kill_a_container, upgrade.upgrade_and_back, backup.back_up_and_restore, smoke,
)  # fmt: skip


def main() -> int:
    """Rehearse; return 0 if every row passed."""
    if compose("ps", "--all", "--quiet") or "inkling_db" in run("docker", "volume", "ls", "--quiet").split():
        print(
            "The service is on this machine, and a rehearsal would delete its data. Use another machine.",
            file=sys.stderr,
        )
        return 2
    stage = Stage(int(os.environ.get("WORKERS") or 4))
    try:
        build(stage)
        start(stage)
        for step in STEPS:
            try:
                step(stage)
            except Exception as error:  # reported in the table; later steps may still pass
                stage.report(step.__name__, repr(error), held=False)
        loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
        stage.report("the machine", f"{os.cpu_count()} processors, load {loads} at the end")
    except RuntimeError as error:
        stage.report("start", str(error), held=False)
    finally:
        subprocess.run(["docker", "compose", "--profile", "*", "down", "--volumes"], check=False)  # noqa: S607
    print("\n| what | result | passed |\n|---|---|---|")
    for what, found, held in stage.rows:
        print(f"| {what} | {' '.join(found.split())} | {'yes' if held else '**no**'} |")
    if not all(held for _, _, held in stage.rows):
        print(f"\nThe accepted ids are in {stage.folder}.", file=sys.stderr)
        return 1
    shutil.rmtree(stage.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
