"""Find a browser for the tests: an installed one, else Playwright's, else Debian's. It must render a page."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from local.paths import ROOT
from local.supervisor import Supervisor
from local.terminal import SetupError, step
from local.venv import PYTHON

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
MAC_PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright as p\nwith p() as it: print(it.chromium.executable_path)"
)


def find_browser(supervisor: Supervisor, is_required: bool) -> Path | None:
    """Return a Chromium that renders pages, installing one if needed; None if there is none.

    Raises:
        SetupError: if there is none and it `is_required`.
    """
    named = os.environ.get("INKLING_BROWSER", "")
    if named:
        if not renders(Path(named)):
            raise SetupError(f"INKLING_BROWSER={named} is not a working Chromium.")
        return Path(named)
    found = find_installed() or install_from_playwright(supervisor) or install_from_debian(supervisor)
    if found:
        step(f"Browser: {found}")
        return found
    sentence = (
        "No browser for the tests. Install Chromium (Debian: apt install chromium) or name one: INKLING_BROWSER=..."
    )
    if is_required:
        raise SetupError(f"{sentence}\n{supervisor.tail('browser')}")
    step(f"{sentence} Browser tests will be skipped.")
    return None


def find_installed() -> Path | None:
    """Return a working browser of this machine, or None."""
    named = [Path(path) for path in (*map(shutil.which, NAMES), *MAC_PATHS) if path]
    return next((path for path in named if renders(path)), None)


def install_from_playwright(supervisor: Supervisor) -> Path | None:
    """Return Playwright's browser, downloading it if needed; None if that fails."""
    for installs in (False, True):
        if installs:
            step("No browser on this machine: installing Playwright's")
            if supervisor.run("browser", [str(PYTHON), "-m", "playwright", "install", "chromium"])[0]:
                return None
        status, printed = supervisor.run("browser", [str(PYTHON), "-c", ASK_PLAYWRIGHT])
        path = Path(printed.strip())
        if not status and path.is_file() and renders(path):
            return path
    return None


def install_from_debian(supervisor: Supervisor) -> Path | None:
    """Install and return Debian's chromium if this is Debian and we are root; else None."""
    is_debian = sys.platform == "linux" and platform.freedesktop_os_release().get("ID") == "debian"
    if not is_debian or os.geteuid() != 0:
        return None
    step("Playwright could not install one: installing Debian's chromium with apt")
    env = dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
        if supervisor.run("browser", command, env, ROOT)[0]:
            return None
    return find_installed()


def renders(program: Path) -> bool:
    """Return whether `program` renders a page: a stub or a missing library is found here, not in a test."""
    command = [str(program), "--headless", "--disable-gpu", "--dump-dom", "data:text/html,<p>rendered</p>"]
    if os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # Chromium refuses root otherwise
    try:
        shown = subprocess.run(command, capture_output=True, timeout=60, check=False, start_new_session=True).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    return b"<p>rendered" in shown
