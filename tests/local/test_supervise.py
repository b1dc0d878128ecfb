"""Children are reported when they die, restarted, and stopped with all their own children."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.supervisor import Service, Supervisor
from local.terminal import SetupError
from tests.local.conftest import ROOT, wait_until

ENV = {"PATH": os.environ["PATH"]}
WITH_A_CHILD = "sleep 60 & echo $! > {0}/child; echo started >> {0}/starts; trap '' TERM; wait; sleep 60"
STARTER = """
import sys
from pathlib import Path
from local.supervisor import Service, Supervisor
supervisor = Supervisor(Path(sys.argv[1]) / "logs")
supervisor.start(Service("deaf", ["sh", "-c", sys.argv[2]], {"PATH": sys.argv[3]}))
supervisor.watch()
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "logs")
    yield supervisor
    supervisor.stop()


def is_alive(pid: int) -> bool:
    """Return whether the process exists and is not a zombie."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def child_of(folder: Path) -> int:
    """Wait for the grandchild's process id and return it."""
    wait_until(lambda: (folder / "child").exists() and (folder / "child").read_text().endswith("\n"), 10)
    return int((folder / "child").read_text())


def test_a_dead_child_is_reported_and_restarted_with_growing_pauses(
    supervisor: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    weak = Service("weak", ["sh", "-c", "echo I fall; exit 3"], ENV)
    supervisor.start(weak)
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        supervisor.tend()
        time.sleep(0.02)
    said = capsys.readouterr().out
    assert "weak ended with status 3; starting it again. Its log: " in said
    assert "starting it again in 3 s" in said
    assert 2 <= weak.deaths <= 4
    assert "I fall" in supervisor.tail("weak")


def test_a_child_that_does_not_start_is_reported_with_the_end_of_its_log(supervisor: Supervisor) -> None:
    weak = Service("weak", ["sh", "-c", "echo no such door >&2; exit 1"], ENV)
    supervisor.start(weak)
    with pytest.raises(SetupError, match="weak does not start") as raised:
        supervisor.wait_for(lambda: False, weak, 20)
    assert "no such door" in str(raised.value)


def test_stop_kills_a_child_that_ignores_signals_and_its_children(supervisor: Supervisor, tmp_path: Path) -> None:
    deaf = Service("deaf", ["sh", "-c", WITH_A_CHILD.format(tmp_path)], ENV)
    supervisor.start(deaf)
    grandchild = child_of(tmp_path)
    assert deaf.process
    started = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - started < 15
    assert not is_alive(deaf.process.pid)
    wait_until(lambda: not is_alive(grandchild), 5)


def test_kill_9_of_the_starter_kills_a_child_that_ignores_signals_and_its_children(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path), WITH_A_CHILD.format(tmp_path), ENV["PATH"]]
    with subprocess.Popen(command, cwd=ROOT) as starter:
        grandchild = child_of(tmp_path)
        starter.send_signal(signal.SIGKILL)
    wait_until(lambda: not is_alive(grandchild), 15)


def test_a_dead_cleanup_process_is_replaced_with_all_its_tasks(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path), WITH_A_CHILD.format(tmp_path), ENV["PATH"]]
    with subprocess.Popen(command, cwd=ROOT) as starter:
        grandchild = child_of(tmp_path)

        def cleanup_pid() -> int:
            children = Path(f"/proc/{starter.pid}/task/{starter.pid}/children").read_text().split()
            named = [pid for pid in children if b"cleanup.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]
            return int(named[0]) if named else 0

        first = cleanup_pid()
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: cleanup_pid() not in (0, first), 10)
        starter.send_signal(signal.SIGKILL)
    wait_until(lambda: not is_alive(grandchild), 15)


def test_a_command_reads_stdin_and_its_output_is_returned(supervisor: Supervisor) -> None:
    status, printed = supervisor.run("echo", ["sh", "-c", "cat; echo aside >&2; exit 4"], ENV, stdin="a secret")
    assert (status, printed) == (4, "a secret")
    assert "aside" in supervisor.tail("echo")
    assert "a secret" not in supervisor.tail("echo")


def test_a_missing_program_is_reported_in_its_log(supervisor: Supervisor) -> None:
    status, _ = supervisor.run("nothing", ["/no/such/program"], ENV)
    assert status != 0
    assert "/no/such/program: No such file" in supervisor.tail("nothing")


def test_children_cannot_start_from_another_thread(supervisor: Supervisor) -> None:
    refused: list[BaseException] = []

    def start() -> None:
        try:
            supervisor.run("thread", ["true"], ENV)
        except RuntimeError as error:
            refused.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert len(refused) == 1


def test_the_tail_of_a_log_excludes_earlier_runs(supervisor: Supervisor) -> None:
    supervisor.log_of("speaker").write_text("said by an earlier run\n")
    supervisor.run("speaker", ["sh", "-c", "echo said now >&2"])
    tail = supervisor.tail("speaker")
    assert "said now" in tail
    assert "earlier" not in tail
