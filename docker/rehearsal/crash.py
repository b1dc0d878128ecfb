"""Workers that die with drawings in their hands: how soon there is a healthy one again, and that nothing is lost."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from docker.rehearsal.compose import ids, inspect, run, sql, up, wait_until
from docker.rehearsal.stage import Stage

QUEUE_BATCHES = 3


def kill_a_process(stage: Stage) -> None:
    """End a worker's main process; Docker starts it again."""
    _strike(stage, "a worker's main process killed", lambda workers: _kill(workers[:1]))


def kill_all_processes(stage: Stage) -> None:
    """End all workers' main processes at once, so that drawings are surely in some hands; Docker starts them again."""
    _strike(stage, "all workers' main processes killed at once", _kill)


def kill_a_container(stage: Stage) -> None:
    """Remove a worker's whole container; `docker compose up` puts another in its place."""

    def remove(workers: list[dict[str, Any]]) -> None:
        run("docker", "rm", "--force", workers[0]["Id"])
        up("worker", workers=stage.workers)

    _strike(stage, "a worker's whole container removed", remove)


def _kill(workers: list[dict[str, Any]]) -> None:
    for worker in workers:
        os.kill(worker["State"]["Pid"], signal.SIGKILL)
    wait_until(lambda: all(_is_healthy_again(worker) for worker in workers))


def _is_healthy_again(before: dict[str, Any]) -> bool:
    [now] = inspect(before["Id"])
    state = now["State"]
    return state["StartedAt"] != before["State"]["StartedAt"] and state.get("Health", {}).get("Status") == "healthy"


def _strike(stage: Stage, what: str, kill: Callable[[list[dict[str, Any]]], None]) -> None:
    """Fill the queue, kill, wait until there are as many workers as before; tell it."""
    with stage.load(what) as load:
        time.sleep(2)
        workers = inspect(*ids("worker"))
        load.send_batches(QUEUE_BATCHES)
        struck_at, began = time.time(), time.monotonic()
        kill(workers)
        seconds = time.monotonic() - began
        time.sleep(2)
    [[waiting, again]] = sql(
        f"SELECT count(*) FILTER (WHERE created_at < to_timestamp({struck_at})),"  # noqa: S608 - a number of ours
        f" count(*) FILTER (WHERE attempts > 1) FROM predictions_submission"
        f" WHERE coalesce(finished_at, now()) > to_timestamp({struck_at})"
    )
    found = f"as many healthy as before after {seconds:.1f} s; {waiting} drawings were waiting, {again} begun twice"
    stage.tell_load(what, found, load)
