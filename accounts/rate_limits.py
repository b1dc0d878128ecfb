"""How many requests a user may make in a second: a count in Postgres, so it holds for all processes, without Redis.

A process asks for RATE_LIMIT / GRANTS requests at once, so a user of several processes may lose 1% of the limit, and
nobody ever gets more than it.
"""

import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from accounts.models import User

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
    """What is left of a user's second in this process: requests already counted, and how the whole stands."""

    granted: int
    remaining: int
    ends: float  # by time.monotonic()

    @property
    def left_s(self) -> float:
        return max(0.0, self.ends - time.monotonic())


_lock = threading.Lock()
_windows: dict[int, Window] = {}


def count_request(user: User) -> tuple[bool, int, float]:
    """Count a request of `user`; give whether it is within the limit, how many are left, and the seconds until anew.

    One query for every hundredth of the limit.
    """
    with _lock:
        window = _windows.get(user.pk)
        if window and window.granted and window.left_s:
            window.granted -= 1
            return True, window.remaining + window.granted, window.left_s
    wanted = max(1, settings.RATE_LIMIT_PER_S // GRANTS)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"user": user.pk, "wanted": wanted})
        counted, left_s = cursor.fetchone()
    granted = max(0, min(wanted, settings.RATE_LIMIT_PER_S - (counted - wanted)))
    window = Window(max(0, granted - 1), max(0, settings.RATE_LIMIT_PER_S - counted), time.monotonic() + float(left_s))
    with _lock:
        if len(_windows) >= KEPT_USERS:
            _windows.clear()
        if (other := _windows.get(user.pk)) and other.left_s:  # asked for beside us
            window.granted += other.granted
        _windows[user.pk] = window
    return granted > 0, window.remaining + window.granted, float(left_s)
