"""Run checks side by side, each in a thread of its own that may hang without holding up the rest."""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError, connection
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from redis import RedisError

from predictions.doctor.queue_tables import find_unlock
from predictions.doctor.results import Finding, Group, Result, State, failing, skipped

LOOK_S = 10.0  # of a busy machine; what is refused, or has a time limit of its own, answers sooner
WAIT_S = 15.0  # for what is tried out, such as a golden digit
AT_ONCE = 4  # threads, most of which take a connection of Postgres


@dataclass(frozen=True)
class Check:
    """A named check.

    find: look, and change nothing.
    needs: the names of earlier checks, without which it makes no sense.
    try_out: try the real thing, within so many seconds; in place of `find`, if that is asked for.
    """

    name: str
    group: Group
    title: str | Promise
    find: Callable[[], Finding]
    needs: tuple[str, ...] = ()
    try_out: Callable[[float], Finding] | None = None


@dataclass
class _Running:
    """A check that runs in a thread, and its finding once it has one."""

    check: Check
    look: Callable[[], Finding]
    limit_s: float
    finding: Finding | None = None
    took_s: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Limits:
    """How long checks may take, in seconds: those that look, and those that try the real thing and wait for it."""

    look_s: float = LOOK_S
    wait_s: float = WAIT_S


USUAL = Limits()


def run(checks: Sequence[Check], acting: Collection[str] = (), limits: Limits = USUAL) -> list[Result]:
    """Return the result of each check, in their order. Takes at most three times the limits, however much hangs.

    acting: the names of checks that try the real thing.
    """
    found: dict[str, Result] = {}
    left = list(checks)
    while left:
        ready = [check for check in left if not {*check.needs} & {other.name for other in left}]
        left = [check for check in left if check not in ready]
        found |= _run_together([_prepare(check, found, acting, limits) for check in ready])
    return [found[check.name] for check in checks]


def _prepare(check: Check, found: dict[str, Result], acting: Collection[str], limits: Limits) -> _Running:
    missing = [found[name] for name in check.needs if name in found and found[name].state == State.FAILING]
    if missing:
        why = skipped(_("Not checked, because this fails: %(title)s.") % {"title": missing[0].title})
        return _Running(check, lambda: why, limits.look_s)
    if check.try_out and check.name in acting:
        try_out = check.try_out
        return _Running(check, lambda: try_out(limits.wait_s), limits.wait_s + limits.look_s)
    return _Running(check, check.find, limits.look_s)


def _run_together(all_running: list[_Running]) -> dict[str, Result]:
    """Start all, at most AT_ONCE at a time, and return what they found within their limits."""
    free, language = threading.Semaphore(AT_ONCE), translation.get_language()
    for one in all_running:
        threading.Thread(target=_work, args=(one, free, language), name=f"check {one.check.name}", daemon=True).start()
    began = time.monotonic()
    for one in all_running:
        one.done.wait(max(0.0, began + one.limit_s - time.monotonic()))
    return {one.check.name: _result(one) for one in all_running}


def _work(one: _Running, free: threading.Semaphore, language: str | None) -> None:
    with free:
        began = time.monotonic()
        try:
            with translation.override(language):
                one.finding = _look(one)
        finally:
            connection.close()  # of this thread
            one.took_s = time.monotonic() - began
            one.done.set()


def _look(one: _Running) -> Finding:
    """Return what a check finds, also if it breaks."""
    try:
        return one.look()
    except (DatabaseError, RedisError, OSError) as error:
        unlock = find_unlock() if "lock timeout" in str(error) else ""
        remedy = unlock or _("Look at the checks of the database and of Redis, then run the doctor again.")
        return failing(f"{type(error).__name__}: {first_line(error)}", remedy)
    except Exception as error:  # a mistake of ours in one check must not hide what the others find
        seen = _("The check itself broke: %(error)s.") % {"error": type(error).__name__}
        return failing(seen, _("Run manage.py doctor on the server, and report what it says."))


def _result(one: _Running) -> Result:
    finding = one.finding if one.done.is_set() else None
    if finding is None:
        seen = _("No answer within %(seconds)d s.") % {"seconds": one.limit_s}
        remedy = _("See whether this part hangs or is overloaded, and run the doctor again.")
        finding = failing(seen, remedy)
    took_ms = round(1000 * (one.took_s or one.limit_s))
    check = one.check
    return Result(check.name, check.group, check.title, finding.state, finding.seen, finding.remedy, took_ms)


def first_line(error: Exception) -> str:
    """Return the first line of an error's message."""
    return next(iter(str(error).strip().splitlines()), "")[:300]
