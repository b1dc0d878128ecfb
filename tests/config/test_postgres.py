"""A database that never answers is a timeout, and closed connections are replaced."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection

from config.postgres import base

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_query_without_an_answer_times_out_and_the_next_one_reconnects(monkeypatch):
    monkeypatch.setattr(base, "ANSWER_LIMIT_S", 0.5)
    with connection.cursor() as cursor:
        began = time.monotonic()
        with pytest.raises(OperationalError):
            cursor.execute("SELECT pg_sleep(5)")
        assert time.monotonic() - began < 3
    assert connection.connection.closed
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_server_that_accepts_a_connection_and_sends_nothing_times_out(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        params = connection.get_connection_params() | {"host": "127.0.0.1", "port": silent.getsockname()[1]}
        failed = []

        def connect():
            try:
                connection.Database.connect(**params)
            except connection.Database.OperationalError as error:
                failed.append(error)

        thread = threading.Thread(target=connect)
        thread.start()
        thread.join(15)
    assert failed


def test_threads_share_a_pool_that_replaces_connections_closed_by_the_server():
    pool = {"min_size": 1, "max_size": 2, "timeout": 10.0, "reconnect_timeout": 0}
    options = {**connection.settings_dict["OPTIONS"], "pool": pool}
    shared = {**connection.settings_dict, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "OPTIONS": options}

    def get_pid(_=None):
        wrapper = base.DatabaseWrapper(shared, "default")
        with wrapper.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid() FROM pg_sleep(0.01)")
            [pid] = cursor.fetchone()
        wrapper.close()
        return pid

    try:
        with ThreadPoolExecutor(6) as threads:
            pids = set(threads.map(get_pid, range(30)))
        assert len(pids) <= 2
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) pid", [list(pids)])
        assert not {get_pid() for _ in range(4)} & pids
    finally:
        base.DatabaseWrapper(shared, "default").close_pool()
