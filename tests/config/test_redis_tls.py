"""Redis by TLS, in front of the real one: what cannot be trusted gets no password, from redis-py and from Celery."""

import os
from urllib.parse import unquote, urlsplit

import pytest
import redis
from celery import Celery
from kombu.exceptions import OperationalError

from config.redis_urls import broker_url, tls_options
from predictions import wakeup
from tests.certificates import Authority
from tests.tls_relay import TlsRelay

AT = urlsplit(os.environ.get("REDIS_URL", ""))
pytestmark = pytest.mark.skipif(AT.scheme != "unix", reason="needs the Redis of the tests, on a socket")


@pytest.fixture(params=["trusted", "of a stranger", "of another host", "no TLS"])
def server(request, tmp_path):
    """Return what a server is, its REDIS_URL, and the file of the authority that the client trusts."""
    ours = Authority(tmp_path)
    contexts = {
        "trusted": ours.server,
        "of a stranger": Authority(tmp_path, "stranger").server,
        "of another host": lambda: ours.server("redis.example.org"),
        "no TLS": lambda: None,
    }
    relay = TlsRelay(unquote(AT.path), contexts[request.param]())
    yield request.param, f"rediss://:{AT.password}@127.0.0.1:{relay.port}/0", str(ours.path)
    relay.close()


def test_redis_py_trusts_the_given_authority_alone(server, settings):
    kind, settings.REDIS_URL, ca_file = server
    settings.REDIS_TLS = tls_options(settings.REDIS_URL, ca_file)
    wakeup._redis.cache_clear()
    try:
        if kind == "trusted":
            assert wakeup._redis().ping()
        else:
            with pytest.raises(redis.RedisError):
                wakeup._redis().ping()
    finally:
        wakeup._redis.cache_clear()


def test_without_a_check_any_certificate_is_taken_but_none_is_refused(server, settings):
    kind, url, ca_file = server
    options = tls_options(url, ca_file, is_checked=False)
    client = redis.Redis.from_url(url, **options)
    app = Celery("tls", broker=broker_url(url), set_as_current=False)
    app.conf.broker_use_ssl = options
    limits = {"socket_timeout": 2, "socket_connect_timeout": 2, "max_retries": 0}
    with client, app.connection_for_write(transport_options=limits) as connection:
        if kind == "no TLS":
            with pytest.raises(redis.RedisError):
                client.ping()
        else:
            assert client.ping()
            connection.ensure_connection(max_retries=1, timeout=5)


def test_celery_trusts_the_given_authority_alone(server):
    kind, url, ca_file = server
    app = Celery("tls", broker=broker_url(url), set_as_current=False)
    app.conf.broker_use_ssl = tls_options(url, ca_file)
    limits = {"socket_timeout": 2, "socket_connect_timeout": 2, "max_retries": 0}
    with app.connection_for_write(transport_options=limits) as connection:
        if kind == "trusted":
            connection.ensure_connection(max_retries=1, timeout=5)
        else:
            with pytest.raises((OperationalError, redis.RedisError, OSError)):
                connection.default_channel.client.ping()


def test_without_an_authority_of_its_own_the_systems_are_trusted():
    assert "ssl_ca_certs" not in tls_options("rediss://redis.example.org/0", "")
    assert tls_options("redis://redis/0", "/ca.pem") == tls_options("unix:///redis.sock", "/ca.pem") == {}
