"""The lists of pinned packages: written by uv, checked without a network."""

import re
from pathlib import Path

from local.paths import RUN
from local.supervisor import Supervisor
from local.terminal import step
from local.testing import install_tools
from local.venv import REQUIREMENTS, VENV

ALONE = ("audit",)  # in an environment of its own, with versions of its own
SETS = (
    "dev",
    "web",
    "worker",
    "training",
    "gpu",
    "flower",
    "traces",
    "local",
    "bench",
    *ALONE,
)  # dev first: most use its versions
WITH_OTHERS = ("gpu", "flower", "bench")  # these have packages that dev lacks, for images or measurements
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==(\S+)")
REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?\s*([^;#]*)")


def relock() -> int:
    """Rewrite requirements/*.txt from requirements/*.in; return 0 on success."""
    install_tools()
    supervisor = Supervisor(RUN / "logs")
    try:
        for name in SETS:
            step(f"Locking requirements/{name}.txt")
            command = [
                str(VENV / "bin/uv"), "pip", "compile", "--quiet", "--upgrade", "--universal",
                "--python-version", "3.11",
                "--generate-hashes", "--no-header", "--no-emit-index-url", f"{name}.in", "-o", f"{name}.txt",
                *([] if name == "dev" else ["--no-strip-extras"] if name in ALONE else ["-c", "dev.txt"]),
            ]  # fmt: skip
            if supervisor.run("lock", command, cwd=REQUIREMENTS, shows=True)[0]:
                return 1
    finally:
        supervisor.stop()
    return 0


def check_locks(folder: Path = REQUIREMENTS) -> list[str]:
    """Return the faults of the locks, a sentence each: a URL, a missing hash, an unmet requirement."""
    faults: list[str] = []
    pins = {name: read_pins(folder / f"{name}.txt") for name in SETS}
    for name in SETS:
        text = (folder / f"{name}.txt").read_text()
        if re.search(r"https?://|--(extra-)?index-url|--find-links|@ file:", text):
            faults.append(f"{name}.txt contains a URL; each machine configures its own package index")
        for package, versions in pins[name].items():
            if len(re.findall(rf"^{package}(?:\[[^]]*])?==", text, re.M)) != len(versions):
                faults.append(f"{name}.txt names {package} twice")
            is_shared = package in pins["dev"] or name not in WITH_OTHERS
            if name not in ("dev", "local", *ALONE) and is_shared and not versions <= pins["dev"].get(package, set()):
                faults.append(f"{name}.txt has {package} {', '.join(sorted(versions))}, dev.txt has another version")
        blocks = re.split(r"\n(?=\S)", text)
        faults += [
            f"{name}.txt has no hash for {block.split()[0]}"
            for block in blocks
            if PIN.match(block) and "--hash=" not in block
        ]
        faults += unmet_requirements(folder, name, pins[name])
    return faults


def read_pins(path: Path) -> dict[str, set[str]]:
    """Return the versions that a lock pins, by package; several where platforms differ."""
    pins: dict[str, set[str]] = {}
    for line in path.read_text().splitlines():
        if found := PIN.match(line):
            pins.setdefault(normalize_name(found[1]), set()).add(found[2])
    return pins


def unmet_requirements(folder: Path, name: str, pins: dict[str, set[str]]) -> list[str]:
    """Return the lines of NAME.in that NAME.txt does not meet, because `make lock` was not run."""
    faults = []
    for line in (folder / f"{name}.in").read_text().splitlines():
        if included := re.match(r"-r\s+(\w+)\.in", line):
            faults += unmet_requirements(folder, included[1], pins)
        elif requirement := REQUIREMENT.match(line):
            versions = pins.get(normalize_name(requirement[1]), set())
            if not versions or not all(meets(version, requirement[2]) for version in versions):
                faults.append(
                    f"{name}.in requires {requirement[0].strip()}, the lock has {', '.join(versions) or 'none'}: "
                    "make lock"
                )
    return faults


def normalize_name(package: str) -> str:
    """Return a package's normalized name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", package).lower()


def meets(version: str, specifiers: str) -> bool:
    """Return whether a version meets specifiers like `>=2,<3` or `~=1.4.2`; our lists use no others."""
    have = numbers(version)
    for specifier in filter(None, (part.strip() for part in specifiers.split(","))):
        sign, wanted = specifier[:2].rstrip("0123456789"), numbers(specifier.lstrip("=~<>! "))
        size = len(wanted) - 1
        kept = {
            "==": have[: len(wanted)] == wanted,
            ">=": have >= wanted,
            "<": have < wanted,
            "~=": have >= wanted and have[:size] == wanted[:size],
        }.get(sign)
        if not kept:
            return False
    return True


def numbers(version: str) -> tuple[int, ...]:
    """Return a version's numbers, for comparing."""
    return tuple(int(part) for part in re.findall(r"\d+", version))
