"""Children: named when they die, started again, and ended with all that is theirs."""

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


def lives(pid: int) -> bool:
    """Return whether the process is there and no zombie."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def child_of(folder: Path) -> int:
    """The grandchild's process id, once it is written."""
    wait_until(lambda: (folder / "child").exists() and (folder / "child").read_text().endswith("\n"), 10)
    return int((folder / "child").read_text())


def test_a_child_that_dies_is_named_and_started_again_ever_more_slowly(
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


def test_a_child_that_will_not_come_up_is_trouble_with_the_end_of_its_log(supervisor: Supervisor) -> None:
    weak = Service("weak", ["sh", "-c", "echo no such door >&2; exit 1"], ENV)
    supervisor.start(weak)
    with pytest.raises(SetupError, match="weak does not start") as told:
        supervisor.wait_for(lambda: False, weak, 20)
    assert "no such door" in str(told.value)


def test_stop_ends_a_deaf_child_and_its_own_children(supervisor: Supervisor, tmp_path: Path) -> None:
    deaf = Service("deaf", ["sh", "-c", WITH_A_CHILD.format(tmp_path)], ENV)
    supervisor.start(deaf)
    grandchild = child_of(tmp_path)
    assert deaf.process
    started = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - started < 15
    assert not lives(deaf.process.pid)
    wait_until(lambda: not lives(grandchild), 5)


def test_kill_9_of_the_starter_ends_a_deaf_child_and_its_own_children(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path), WITH_A_CHILD.format(tmp_path), ENV["PATH"]]
    with subprocess.Popen(command, cwd=ROOT) as starter:
        grandchild = child_of(tmp_path)
        starter.send_signal(signal.SIGKILL)
    wait_until(lambda: not lives(grandchild), 15)


def test_a_janitor_that_died_is_replaced_by_one_that_knows_all(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path), WITH_A_CHILD.format(tmp_path), ENV["PATH"]]
    with subprocess.Popen(command, cwd=ROOT) as starter:
        grandchild = child_of(tmp_path)

        def cleanup() -> int:
            children = Path(f"/proc/{starter.pid}/task/{starter.pid}/children").read_text().split()
            named = [pid for pid in children if b"cleanup.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]
            return int(named[0]) if named else 0

        first = cleanup()
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: cleanup() not in (0, first), 10)
        starter.send_signal(signal.SIGKILL)
    wait_until(lambda: not lives(grandchild), 15)


def test_a_command_gets_its_words_and_gives_its_own(supervisor: Supervisor) -> None:
    status, said = supervisor.run("echo", ["sh", "-c", "cat; echo aside >&2; exit 4"], ENV, stdin="a secret")
    assert (status, said) == (4, "a secret")
    assert "aside" in supervisor.tail("echo")
    assert "a secret" not in supervisor.tail("echo")


def test_a_missing_program_is_a_sentence_in_the_log(supervisor: Supervisor) -> None:
    status, _ = supervisor.run("nothing", ["/no/such/program"], ENV)
    assert status != 0
    assert "/no/such/program: No such file" in supervisor.tail("nothing")


def test_children_are_started_from_the_main_thread_only(supervisor: Supervisor) -> None:
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


def test_the_end_of_a_log_is_this_runs_alone(supervisor: Supervisor) -> None:
    supervisor.log_of("speaker").write_text("said by an earlier run\n")
    supervisor.run("speaker", ["sh", "-c", "echo said now >&2"])
    told = supervisor.tail("speaker")
    assert "said now" in told
    assert "earlier" not in told
