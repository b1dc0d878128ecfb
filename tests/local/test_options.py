"""Options of `make run`: defaults, and a sentence for each invalid one."""

import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from local.options import lan_address, read_options
from local.run import limits, metrics_port
from local.terminal import SetupError
from tests.local.conftest import ROOT


def test_the_default_is_loopback_only() -> None:
    options = read_options({})
    assert (options.bind, options.public_url, options.workers) == ("127.0.0.1:8000", "http://127.0.0.1:8000", 1)
    assert not options.is_open_to_others
    assert options.allowed_hosts == ["127.0.0.1", "localhost", "[::1]"]


def test_the_local_network_can_be_let_in() -> None:
    options = read_options({"HOST": "0.0.0.0", "PORT": "8123"})  # noqa: S104 - what is tested
    assert options.is_open_to_others
    assert options.public_url == "http://127.0.0.1:8123"
    assert lan_address() in {*options.allowed_hosts, ""}


def test_a_machine_name_that_a_shell_exports_as_host_is_ignored() -> None:
    assert read_options({"HOST": socket.gethostname()}).host == "127.0.0.1"


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PORT": "eight"}, "PORT=eight is not a number from 1 to 65535"),
        ({"PORT": "70000"}, "PORT=70000 is not a number"),
        ({"PORT": "²"}, "is not a number"),
        ({"WORKERS": "0"}, "WORKERS=0 is not a number from 1 to 64"),
        ({"HOST": "no.such.host.invalid"}, "HOST=no.such.host.invalid is not an address"),
    ],
)
def test_an_invalid_option_is_reported(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(SetupError, match=re.escape(sentence)):
        read_options(environment)


@pytest.mark.parametrize(
    ("words", "user"),
    [
        (["token", "USER=carol"], "token carol"),
        (["token"], "token demo"),
        (["manage", "ARGS=check --deploy"], "manage check --deploy"),
    ],
)
def test_make_token_takes_the_user_from_the_command_line_only(words: list[str], user: str) -> None:
    make = shutil.which("make")
    assert make
    shown = subprocess.run(
        [make, "-n", *words], cwd=ROOT, env={"USER": "root", "PATH": "/usr/bin:/bin", "PYTHON": "python3"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.rstrip().endswith(user)


def test_make_help_lists_every_command() -> None:
    make = shutil.which("make")
    assert make
    shown = subprocess.run([make, "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = re.findall(r"^([a-z-]+):", Path(ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"run", "test", "test-long", "check", "token", "train"} <= set(words)
    assert all(f"make {word} " in shown for word in words)


def test_limits_are_wide_on_loopback_unless_set() -> None:
    loopback, everywhere = read_options({}), read_options({"HOST": "0.0.0.0"})  # noqa: S104 - what is tested
    assert limits(loopback, {}) == {"RATE_LIMIT_PER_S": "2000", "IN_FLIGHT_LIMIT": "5000"}
    assert limits(loopback, {"RATE_LIMIT_PER_S": "7"}) == {"RATE_LIMIT_PER_S": "7", "IN_FLIGHT_LIMIT": "5000"}
    assert limits(everywhere, {}) == {}


def test_workers_of_one_machine_tell_their_metrics_on_ports_of_their_own():
    given = {"METRICS_PORT": "9108"}
    assert [metrics_port(given, number) for number in (1, 2)] == [{"METRICS_PORT": "9108"}, {"METRICS_PORT": "9109"}]
    assert metrics_port({}, 1) == metrics_port({"METRICS_PORT": "0"}, 2) == {}
