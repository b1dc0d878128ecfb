"""Kill workers that hold drawings: how soon a healthy one is back, and that nothing is lost."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from docker.rehearsal.compose import ids, inspect, run, sql, up, wait_until
from docker.rehearsal.stage import Stage

QUEUE_BATCHES = 3


def kill_a_process(stage: Stage) -> None:
    """Kill a worker's main process, which Docker restarts."""
    _measure_kill(stage, "a worker's main process killed", lambda workers: _kill(workers[:1]))


def kill_all_processes(stage: Stage) -> None:
    """Kill all workers' main processes at once, so that some surely hold drawings."""
    _measure_kill(stage, "all workers' main processes killed at once", _kill)


def kill_a_container(stage: Stage) -> None:
    """Remove a worker's whole container; `docker compose up` replaces it."""

    def remove(workers: list[dict[str, Any]]) -> None:
        run("docker", "rm", "--force", workers[0]["Id"])
        up("worker", workers=stage.workers)

    _measure_kill(stage, "a worker's whole container removed", remove)


def _kill(workers: list[dict[str, Any]]) -> None:
    for worker in workers:
        os.kill(worker["State"]["Pid"], signal.SIGKILL)
    wait_until(lambda: all(_is_healthy_again(worker) for worker in workers))


def _is_healthy_again(before: dict[str, Any]) -> bool:
    [now] = inspect(before["Id"])
    state = now["State"]
    return state["StartedAt"] != before["State"]["StartedAt"] and state.get("Health", {}).get("Status") == "healthy"


def _measure_kill(stage: Stage, what: str, kill: Callable[[list[dict[str, Any]]], None]) -> None:
    """Fill the queue, kill, wait until all workers are back, and report."""
    with stage.load(what) as load:
        time.sleep(2)
        workers = inspect(*ids("worker"))
        load.send_batches(QUEUE_BATCHES)
        killed_at, began = time.time(), time.monotonic()
        kill(workers)
        seconds = time.monotonic() - began
        time.sleep(2)
    [[waiting, again]] = sql(
        f"SELECT count(*) FILTER (WHERE created_at < to_timestamp({killed_at})),"  # noqa: S608 - a number of ours
        f" count(*) FILTER (WHERE attempts > 1) FROM predictions_submission"
        f" WHERE coalesce(finished_at, now()) > to_timestamp({killed_at})"
    )
    found = f"as many healthy as before after {seconds:.1f} s; {waiting} drawings were waiting, {again} started twice"
    stage.report_load(what, found, load)
