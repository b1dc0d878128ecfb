"""`make test`, `make chaos`, `make bench`, `make train`: install what they need, then run them."""

import os

from local import venv
from local.browser import find_browser
from local.paths import ROOT, RUN, open_run_folder
from local.servers.start import clean_environment, new_secret, temporary_servers
from local.supervisor import Supervisor
from local.terminal import step

# Two processes, for two cores: while one waits for a browser or a worker, the other computes. A file stays in one of
# them, so that its fixtures are made once; in the order of the tree, so that a lane keeps its browser.
LANES = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


def is_set(name: str) -> bool:
    """Return whether the environment variable `name` is true."""
    return os.environ.get(name, "").lower() in ("1", "true", "yes")


def install_tools(*more: str) -> None:
    """Install the dev set and `more` into `.venv`. The log stays in `.run/logs`."""
    open_run_folder(RUN)
    supervisor = Supervisor(RUN / "logs")
    try:
        for wanted in ("dev", *more):
            venv.ensure(wanted, supervisor)
    finally:
        supervisor.stop()


def site_settings(run: str) -> dict[str, str]:
    """Return settings under which the site's code can be imported and tested."""
    return {
        "SECRET_KEY": new_secret(),
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "INKLING_RUN_DIR": run,
    }


def run_tests(arguments: list[str]) -> int:
    """Run pytest on temporary servers and return its exit status: with `arguments` as they are, else the quick set."""
    if arguments:
        return _run_pytest(arguments, {})
    return _run_pytest([*LANES, "-m", "not long"], {"PYTEST_PLUGINS": "tests.lane"})


def run_long_tests(arguments: list[str]) -> int:
    """Run what `make test` leaves out: tests marked long, and every page under axe in all looks."""
    return _run_pytest(["-m", "long or axe", *arguments], {"AXE_LOOKS": "all"})


def _run_pytest(arguments: list[str], more: dict[str, str]) -> int:
    install_tools()
    is_required = is_set("BROWSER_REQUIRED") or is_set("CI")
    with temporary_servers() as (supervisor, urls):
        env = clean_environment() | site_settings(urls["INKLING_RUN_DIR"]) | urls | more
        browser = find_browser(supervisor, is_required)
        if browser:
            env["INKLING_BROWSER"] = str(browser)
        if is_required:
            env["BROWSER_REQUIRED"] = "1"
        step("Running the tests")
        return supervisor.run("pytest", [str(venv.PYTHON), "-m", "pytest", *arguments], env, shows=True)[0]


def run_chaos(arguments: list[str]) -> int:
    """Inject faults into a temporary site; return 0 if every promise was kept."""
    install_tools()
    return _run_module("chaos", "tests.chaos", arguments)


def run_bench(arguments: list[str]) -> int:
    """Compare the product with alternatives; return 0 on success."""
    install_tools("bench")
    return _run_module("bench", "bench", arguments)


def train(arguments: list[str]) -> int:
    """Run `python -m ml train` and return its exit status."""
    install_tools()
    return _run_module("train", "ml", ["train", *arguments])


def _run_module(name: str, module: str, arguments: list[str]) -> int:
    """Run `python -m module`, which may start its own servers; return its exit status."""
    supervisor = Supervisor(RUN / "logs")
    try:
        command = [str(venv.PYTHON), "-m", module, *arguments]
        env = clean_environment() | {"INKLING_PARENT": str(os.getpid())}
        return supervisor.run(name, command, env, ROOT, shows=True)[0]
    finally:
        supervisor.stop()
