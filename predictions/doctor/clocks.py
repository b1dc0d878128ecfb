"""Clocks: how far those of this process, of Redis and of the workers are from Postgres' own, which decides all."""

import time
from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext as _

from predictions import metrics
from predictions.doctor import redis_client
from predictions.doctor.results import Finding, failing, fine, warning, worst

WARN_S = 2.0
WRONG_S = 30.0  # codes of authenticator apps are refused from there on, and sessions end at a wrong time


def check_clocks() -> Finding:
    """Compare the clocks of all that can be asked with Postgres'."""
    own = _this_process()
    ahead = {_("This process"): own}
    redis = redis_client.measure_clock()
    if redis is not None:  # another check tells that it does not answer
        ahead["Redis"] = own + redis
    ahead |= {name: s for name, s in metrics.workers().values_list("name", "clock_ahead_s") if s is not None}
    farthest = max(map(abs, ahead.values()))
    seen = _("All %(count)d clocks agree with Postgres to within %(seconds).1f s.")
    return worst(_wrong(ahead), fine(seen % {"count": len(ahead), "seconds": farthest}))


def _wrong(ahead: dict[str, float]) -> Iterator[Finding]:
    remedy = _("Set the clock of that machine, and of the database's, and keep them so: timedatectl set-ntp true.")
    for name, seconds in ahead.items():
        if abs(seconds) < WARN_S:
            continue
        words = _("%(name)s: its clock is %(seconds).0f s ahead of Postgres'.")
        if seconds < 0:
            words = _("%(name)s: its clock is %(seconds).0f s behind Postgres'.")
        seen = words % {"name": name, "seconds": abs(seconds)}
        yield (failing if abs(seconds) >= WRONG_S else warning)(seen, remedy)


def _this_process() -> float:
    """Return how far this process' clock is ahead, within half of a query's time."""
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float")
        [there] = cursor.fetchone()
        return (before + time.time()) / 2 - float(there)
