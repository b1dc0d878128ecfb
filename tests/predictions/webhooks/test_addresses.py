"""Webhooks go to the public internet alone, whatever name or notation a private address hides behind."""

import socket

import pytest

from predictions.webhooks import addresses
from predictions.webhooks.addresses import ForbiddenAddress, check_url, parse_url, resolve

PRIVATE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0",  # noqa: S104
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::a00:1", "2002:7f00:1::", "::ffff:0:127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_names_of_private_addresses_are_refused_when_they_are_looked_up(monkeypatch, address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))
    found = [public, (family, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *args, **kwargs: found)
    with pytest.raises(ForbiddenAddress):
        resolve(parse_url("https://rebound.example.org/"))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_public_addresses_are_taken(monkeypatch, address):
    found = [(0, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *args, **kwargs: found)
    assert resolve(parse_url("https://example.org/")) == address


@pytest.mark.parametrize(
    "url",
    [
        *(f"https://{f'[{one}]' if ':' in one else one}/" for one in PRIVATE),
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "example.org",
        "https://localhost/",
        "https://db.internal/",
        "https://alice:secret@example.org/",
        "https://example.org/#x",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "https://example.org/\r\nX: y",
        "https://[::1",
        "https://éxample.org/",
    ],
)
def test_addresses_that_nothing_may_be_sent_to_are_refused(url):
    with pytest.raises(ForbiddenAddress):
        check_url(url)


def test_an_address_is_taken_apart():
    assert parse_url("https://example.org/hooks?a=1") == (True, "example.org", 443, "/hooks?a=1")
    assert parse_url("https://example.org:8443") == (True, "example.org", 8443, "/")


def test_an_operator_may_allow_private_addresses(settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    check_url("http://localhost:8080/hooks")
    assert resolve(parse_url("http://127.0.0.1:8080/")) == "127.0.0.1"
