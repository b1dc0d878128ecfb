"""Give each lane of `make test`, a process of pytest-xdist, a Redis database of its own.

Named in PYTEST_PLUGINS, because it must run before Django reads its settings.
"""

import os

if lane := os.environ.get("PYTEST_XDIST_WORKER"):
    address, _, _ = os.environ["REDIS_URL"].rpartition("=")
    os.environ["REDIS_URL"] = f"{address}={int(lane.removeprefix('gw')) + 1}"
    del os.environ["PYTEST_PLUGINS"]  # or tests that start pytest in another folder would load this too
