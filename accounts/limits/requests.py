"""Rate limit for the API: requests per user and second, counted in Postgres, so it holds across processes.

A process reserves RATE_LIMIT_PER_S / GRANTS requests at a time, so the count costs one query for many requests. A user
whose requests are spread over processes may lose 1% of the limit per process, and never gets more than the limit.

Not DRF's throttles or django-ratelimit: they count in the cache, which for us is a table without atomic increments, so
concurrent requests would pass the limit, and each request would cost several queries.
"""

import threading
import time
from dataclasses import dataclass

from django.conf import settings

from accounts.models import User
from accounts.postgres.prepared import run_prepared

GRANTS = 100
KEPT_USERS = 10_000

_COUNT = """
    INSERT INTO accounts_requestcount AS counted (user_id, second, count)
    VALUES (%(user)s, extract(epoch FROM date_trunc('second', clock_timestamp())), %(wanted)s)
    ON CONFLICT (user_id) DO UPDATE SET
        second = excluded.second,
        count = CASE WHEN counted.second = excluded.second THEN counted.count ELSE 0 END + excluded.count
    RETURNING count, 1 - extract(epoch FROM clock_timestamp()) %% 1
"""


@dataclass
class Window:
    """The requests that this process has reserved for a user in the current second."""

    granted: int  # reserved and not used yet
    remaining: int  # of the whole limit, when reserved
    ends: float  # by time.monotonic()

    @property
    def left_s(self) -> float:
        return max(0.0, self.ends - time.monotonic())


_lock = threading.Lock()
_windows: dict[int, Window] = {}


def count_request(user: User) -> tuple[bool, int, float]:
    """Count a request of `user`. One query for every hundredth of the limit.

    Returns:
        Whether it is within the limit, how many requests are left, and the seconds until the limit resets.
    """
    with _lock:
        window = _windows.get(user.pk)
        if window and window.granted and window.left_s:
            window.granted -= 1
            return True, window.remaining + window.granted, window.left_s
    wanted = max(1, settings.RATE_LIMIT_PER_S // GRANTS)
    [(counted, left_s)] = run_prepared(_COUNT, {"user": user.pk, "wanted": wanted})
    granted = max(0, min(wanted, settings.RATE_LIMIT_PER_S - (counted - wanted)))
    window = Window(max(0, granted - 1), max(0, settings.RATE_LIMIT_PER_S - counted), time.monotonic() + float(left_s))
    with _lock:
        if len(_windows) >= KEPT_USERS:
            _windows.clear()
        if (other := _windows.get(user.pk)) and other.left_s:  # reserved by another thread
            window.granted += other.granted
        _windows[user.pk] = window
    return granted > 0, window.remaining + window.granted, float(left_s)
