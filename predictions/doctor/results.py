"""What a check found: its state, what was seen, and the remedy."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """The outcome of a check, best first."""

    OK = "ok", _("fine")
    SKIPPED = "skipped", _("not checked")
    WARNING = "warning", _("warning")
    FAILING = "failing", _("failing")


ORDER = list(State)


class Group(models.TextChoices):
    """What a check is about, in the order in which they are shown."""

    SETTINGS = "settings", _("Settings and files")
    DATABASE = "database", _("Database")
    QUEUE = "queue", _("Queue and workers")
    MODEL = "model", _("Model")
    HOST = "host", _("Site, disk, mail and backups")


@dataclass(frozen=True)
class Finding:
    """What one check found. seen: a sentence, without secrets. remedy: what to do, if anything is to be done."""

    state: State
    seen: str
    remedy: str = ""


@dataclass(frozen=True)
class Result:
    """The finding of a named check, and how long it took."""

    name: str
    group: Group
    title: str | Promise
    state: State
    seen: str
    remedy: str
    took_ms: int


def fine(seen: str) -> Finding:
    """Return that all is well."""
    return Finding(State.OK, seen)


def skipped(seen: str, remedy: str = "") -> Finding:
    """Return that something could not be checked here, which is no fault by itself."""
    return Finding(State.SKIPPED, seen, remedy)


def warning(seen: str, remedy: str) -> Finding:
    """Return that something should be changed."""
    return Finding(State.WARNING, seen, remedy)


def failing(seen: str, remedy: str) -> Finding:
    """Return that something is broken."""
    return Finding(State.FAILING, seen, remedy)


def worst(findings: Iterable[Finding], else_: Finding) -> Finding:
    """Return all findings as one: of the worst state, worst first; `else_` without any."""
    found = sorted(findings, key=lambda one: -ORDER.index(one.state))
    if not found:
        return else_
    remedies = dict.fromkeys(one.remedy for one in found if one.remedy)
    return Finding(found[0].state, " ".join(one.seen for one in found), " ".join(remedies))


def state_of(results: Iterable[Result]) -> State:
    """Return the state of the whole site: of its worst check, where one that was skipped counts as fine."""
    states = [State.OK, *(one.state for one in results if one.state != State.SKIPPED)]
    return max(states, key=ORDER.index)
