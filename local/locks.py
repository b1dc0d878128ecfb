"""The lists of pinned packages: written anew by uv, and checked without a network."""

import re
from pathlib import Path

from local.paths import RUN
from local.supervisor import Supervisor
from local.terminal import step
from local.testing import install_tools
from local.venv import REQUIREMENTS, VENV

SETS = ("dev", "web", "worker", "training", "gpu", "flower", "local", "bench")  # dev first: others take its versions
WITH_OTHERS = ("gpu", "flower", "bench")  # sets with packages that dev has not: only in images or measurements
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==(\S+)")
WISH = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?\s*([^;#]*)")


def relock() -> int:
    """Write requirements/*.txt anew from requirements/*.in; 0 if all of it worked."""
    install_tools()
    supervisor = Supervisor(RUN / "logs")
    try:
        for name in SETS:
            step(f"Locking requirements/{name}.txt")
            command = [
                str(VENV / "bin/uv"), "pip", "compile", "--quiet", "--upgrade", "--universal",
                "--python-version", "3.11",
                "--generate-hashes", "--no-header", "--no-emit-index-url", f"{name}.in", "-o", f"{name}.txt",
                *([] if name == "dev" else ["-c", "dev.txt"]),
            ]  # fmt: skip
            if supervisor.run("lock", command, cwd=REQUIREMENTS, shows=True)[0]:
                return 1
    finally:
        supervisor.stop()
    return 0


def check_locks(folder: Path = REQUIREMENTS) -> list[str]:
    """What is wrong with the locks, a sentence each: an address, a missing hash, a wish that is not kept."""
    faults: list[str] = []
    pins = {name: read_pins(folder / f"{name}.txt") for name in SETS}
    for name in SETS:
        text = (folder / f"{name}.txt").read_text()
        if re.search(r"https?://|--(extra-)?index-url|--find-links|@ file:", text):
            faults.append(f"{name}.txt holds an address; where packages come from is each machine's own affair")
        for package, versions in pins[name].items():
            if text.count(f"\n{package}==") + text.startswith(f"{package}==") != len(versions):
                faults.append(f"{name}.txt names {package} twice")
            is_shared = package in pins["dev"] or name not in WITH_OTHERS
            if name not in ("dev", "local") and is_shared and not versions <= pins["dev"].get(package, set()):
                faults.append(f"{name}.txt has {package} {', '.join(sorted(versions))}, dev.txt another")
        blocks = re.split(r"\n(?=\S)", text)
        faults += [
            f"{name}.txt has no hash for {block.split()[0]}"
            for block in blocks
            if PIN.match(block) and "--hash=" not in block
        ]
        faults += unkept_wishes(folder, name, pins[name])
    return faults


def read_pins(path: Path) -> dict[str, set[str]]:
    """The versions that a lock pins, by package; several where platforms differ."""
    pins: dict[str, set[str]] = {}
    for line in path.read_text().splitlines():
        if found := PIN.match(line):
            pins.setdefault(plain(found[1]), set()).add(found[2])
    return pins


def unkept_wishes(folder: Path, name: str, pins: dict[str, set[str]]) -> list[str]:
    """The lines of NAME.in that NAME.txt does not keep: `make lock` was forgotten."""
    faults = []
    for line in (folder / f"{name}.in").read_text().splitlines():
        if included := re.match(r"-r\s+(\w+)\.in", line):
            faults += unkept_wishes(folder, included[1], pins)
        elif wish := WISH.match(line):
            versions = pins.get(plain(wish[1]), set())
            if not versions or not all(fits(version, wish[2]) for version in versions):
                faults.append(
                    f"{name}.in wants {wish[0].strip()}, the lock has {', '.join(versions) or 'none'}: make lock"
                )
    return faults


def plain(package: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", package).lower()


def fits(version: str, wishes: str) -> bool:
    """Return whether a version keeps wishes like `>=2,<3` or `~=1.4.2` (those four signs are all that our lists use)."""
    have = numbers(version)
    for wish in filter(None, (part.strip() for part in wishes.split(","))):
        sign, wanted = wish[:2].rstrip("0123456789"), numbers(wish.lstrip("=~<>! "))
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
    """A version's numbers, for comparing."""
    return tuple(int(part) for part in re.findall(r"\d+", version))
