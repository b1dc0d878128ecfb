"""The whole site through Debian's pgbouncer, with the settings of docker/pgbouncer. `make chaos` breaks it too."""

import psycopg
import pytest

from ml.golden import golden_drawing
from tests.chaos import testbed as testbeds
from tests.chaos.load import URL
from tests.chaos.pgbouncer import find_program

pytestmark = [
    pytest.mark.worker,
    pytest.mark.long,  # starts a site of its own with everything in between
    pytest.mark.timeout(300),
    pytest.mark.skipif(not find_program(), reason="pgbouncer is not installed here"),
]
SESSIONS = 20  # `default_pool_size` of the shipped settings


def _run_check(testbed: testbeds.Testbed) -> str:
    """Return what `manage.py check --database default` says through pgbouncer."""
    service = testbed.site.service("worker-1")
    command = [service.command[0], "manage.py", "check", "--database", "default"]
    status, _ = testbed.site.supervisor.run("check", command, service.env)
    assert status == 0
    return testbed.site.supervisor.tail("check", 100)


def test_a_site_reads_and_listens_through_pgbouncer_with_few_sessions_and_all_timeouts():
    with testbeds.open_testbed(1, has_pgbouncer=True) as testbed:
        site = testbed.site
        for digit in range(10):
            sent = site.request("POST", URL, json=golden_drawing(digit, 1), headers={"Prefer": "wait=10"})
            assert sent.status_code == 201, sent.text
        through = site.service("worker-1").env["DATABASE_URL"]
        with psycopg.connect(through, autocommit=True, prepare_threshold=None) as ours:
            pids = {ours.execute("SELECT pg_backend_pid()").fetchone()[0] for _ in range(3)}
            others = [psycopg.connect(through, autocommit=True, prepare_threshold=None) for _ in range(3 * SESSIONS)]
            for other in others:
                pids.add(other.execute("SELECT pg_backend_pid()").fetchone()[0])
                other.close()
        assert len(pids) <= SESSIONS < len(others)  # in session mode, some would wait for another to end
        [[listeners]] = site.query("SELECT count(*) FROM pg_stat_activity WHERE query ILIKE 'listen %%'")
        assert listeners >= 2  # of web and of the worker
        assert "W007" not in _run_check(testbed)
        site.execute("ALTER ROLE CURRENT_USER RESET ALL")
        with psycopg.connect(site.env["DATABASE_URL"], autocommit=True) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND usename = current_user"
            )
        assert "inkling.W007" in _run_check(testbed)
