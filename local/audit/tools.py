"""`.venv-audit`: the tools that look for dangers in our code, exactly as requirements/audit.txt says."""

import os

from local.paths import ROOT
from local.supervisor import Supervisor
from local.terminal import SetupError, step
from local.venv import PYTHON, REQUIREMENTS, VENV, fingerprint

AUDIT = ROOT / ".venv-audit"
LOCK = REQUIREMENTS / "audit.txt"
STAMP = AUDIT / ".inkling-audit"
OFFLINE = {
    "SEMGREP_SEND_METRICS": "off",
    "SEMGREP_ENABLE_VERSION_CHECK": "0",
    "SEMGREP_SETTINGS_FILE": str(AUDIT / "semgrep"),
}
CODE = ["config", "accounts", "predictions", "ml", "local", "docker"]
WITH_CONFIG = ["--config", "local/audit/rules"]
STEPS: dict[str, list[str]] = {
    "dangers (bandit)": ["bandit", "--quiet", "--configfile", "pyproject.toml", "--recursive", *CODE],
    "dangers (our rules)": [
        "semgrep", "scan", "--quiet", "--error", "--oss-only", "--metrics=off", "--disable-version-check",
        *WITH_CONFIG, *CODE, "static", "templates",
    ],
    "tests of our rules": ["semgrep", "scan", "--test", "--quiet", *WITH_CONFIG, "tests/local/rules"],
}  # fmt: skip


def path_of_tools() -> dict[str, str]:
    """Return variables under which the tools find each other, and ask nobody outside."""
    return OFFLINE | {"PATH": f"{AUDIT / 'bin'}:{os.environ['PATH']}"}


def install(supervisor: Supervisor) -> None:
    """Install the tools, unless they are there. Raises SetupError."""
    if STAMP.exists() and STAMP.read_text() == fingerprint(LOCK):
        return
    step("Installing the tools of requirements/audit.txt into .venv-audit; only the first time, and when it changes")
    python, hashed = str(AUDIT / "bin/python"), ["--quiet", "--require-hashes", "-r", str(LOCK)]
    make = [str(PYTHON), "-m", "venv", "--clear", "--without-pip", str(AUDIT)]
    by_uv = [str(VENV / "bin/uv"), "pip", "install", "--python", python, *hashed]  # ten times as fast as pip
    by_pip = [str(PYTHON), "-m", "pip", "--python", python, "install", *hashed]  # where only pip knows the index
    if supervisor.run("audit", make)[0] or (supervisor.run("audit", by_uv)[0] and supervisor.run("audit", by_pip)[0]):
        raise SetupError(f"requirements/audit.txt could not be installed.\n{supervisor.tail('audit')}")
    STAMP.write_text(fingerprint(LOCK))
