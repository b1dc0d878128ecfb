"""Typed readers of environment variables, each read once, in settings.

A secret may also come from a file: `NAME_FILE=/run/secrets/name` sets `NAME`. An invalid value is added to `problems`
and replaced by its default; `predictions.checks` reports the problems at start-up.
"""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """A variable with an invalid value, and a hint at valid ones."""

    name: str
    message: str
    hint: str


names: list[str] = []  # every variable read, in order; `.env.example` must list the same
problems: list[Problem] = []
secret_files: dict[str, str] = {}  # the path of each NAME_FILE that was read


def text(name: str, default: str = "") -> str:
    """Return the value of the variable, the content of the file in `NAME_FILE`, or `default`."""
    names.append(name)
    path = os.environ.get(f"{name}_FILE")
    if path and not os.environ.get(name):
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            problems.append(
                Problem(f"{name}_FILE", f"{path}: {reason}.", "Set it to a file that this process can read.")
            )
        else:
            secret_files[f"{name}_FILE"] = path
            return value
    return os.environ.get(name, "").strip() or default


def number(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    """Return a whole number between `least` and `most`."""
    value = text(name)
    if not value:
        return default
    try:
        parsed = int(value)
        if least <= parsed <= most:
            return parsed
    except ValueError:
        pass
    hint = f"Write a whole number from {least} to {most}, for example {name}={default}."
    problems.append(Problem(name, f"{value!r} is not valid.", hint))
    return default


def share(name: str, default: float) -> float:
    """Return a number between 0 and 1."""
    value = text(name)
    if not value:
        return default
    try:
        parsed = float(value)
        if 0 <= parsed <= 1:  # which is false for nan
            return parsed
    except ValueError:
        pass
    hint = f"Write a number from 0 to 1, for example {name}={default}."
    problems.append(Problem(name, f"{value!r} is not valid.", hint))
    return default


def flag(name: str, default: bool = False) -> bool:
    """Return True for 1, true, yes, on and False for 0, false, no, off."""
    value = text(name).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if value:
        problems.append(Problem(name, f"{value!r} is neither yes nor no.", f"Write {name}=1 or {name}=0."))
    return default


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list, without empty entries."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, default: str, among: tuple[str, ...]) -> str:
    """Return one of `among`."""
    value = text(name, default)
    if value in among:
        return value
    problems.append(Problem(name, f"{value!r} is unknown.", f"Choose one of: {', '.join(among)}."))
    return default
