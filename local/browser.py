"""A browser for the tests: the machine's own, else Playwright's, else Debian's; and proof that it works."""

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
MAC_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright as p\nwith p() as it: print(it.chromium.executable_path)"
)


def find_browser(supervisor: Supervisor, is_required: bool) -> Path | None:
    """The program of a Chromium that really draws pages; installed if there is none.

    Raises SetupError if there is none and it `is_required`; without that, says so and gives None.
    """
    named = os.environ.get("INKLING_BROWSER", "")
    if named:
        if not draws(Path(named)):
            raise SetupError(f"INKLING_BROWSER={named} is no Chromium that works.")
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
    step(f"{sentence} Their tests are skipped.")
    return None


def find_installed() -> Path | None:
    """The machine's own browser."""
    named = [Path(place) for place in (*map(shutil.which, NAMES), *MAC_PLACES) if place]
    return next((place for place in named if draws(place)), None)


def install_from_playwright(supervisor: Supervisor) -> Path | None:
    """Playwright's browser, downloaded if need be."""
    for attempt in ("as it is", "installed"):
        if attempt == "installed":
            step("No browser on this machine: asking Playwright for one")
            if supervisor.run("browser", [str(PYTHON), "-m", "playwright", "install", "chromium"])[0]:
                return None
        status, said = supervisor.run("browser", [str(PYTHON), "-c", ASK_PLAYWRIGHT])
        path = Path(said.strip())
        if not status and path.is_file() and draws(path):
            return path
    return None


def install_from_debian(supervisor: Supervisor) -> Path | None:
    """Debian's chromium, installed if we are root there."""
    is_debian = sys.platform == "linux" and platform.freedesktop_os_release().get("ID") == "debian"
    if not is_debian or os.geteuid() != 0:
        return None
    step("Playwright has none: installing Debian's chromium with apt")
    env = dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
        if supervisor.run("browser", command, env, ROOT)[0]:
            return None
    return find_installed()


def draws(program: Path) -> bool:
    """Return whether `program` loads a page; a stub or a missing library shows here, not in the middle of a test."""
    command = [str(program), "--headless", "--disable-gpu", "--dump-dom", "data:text/html,<p>it draws</p>"]
    if os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # Chromium refuses root otherwise
    try:
        shown = subprocess.run(command, capture_output=True, timeout=60, check=False, start_new_session=True).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    return b"it draws" in shown
