"""Which addresses may be asked: those of the public internet, by https, unless the operator allows private ones."""

import ipaddress
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

PORTS = {"https": 443, "http": 80}
UNICAST = ipaddress.IPv6Network("2000::/3")  # all that is routed on the internet
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # what an IPv6-only network makes of IPv4 addresses


class ForbiddenAddress(ValueError):
    """Nothing is sent there; says why, for the owner."""


class Target(NamedTuple):
    """A parsed address."""

    is_https: bool
    host: str
    port: int
    path: str


def parse_url(url: str) -> Target:
    """Return the parts of an address. Raises ForbiddenAddress."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ForbiddenAddress(_("This is not an address.")) from None
    if parts.scheme not in PORTS or not parts.hostname or not url.isascii() or not url.isprintable() or " " in url:
        raise ForbiddenAddress(_("This is not an address.") + " " + describe_addresses())
    if parts.scheme == "http" and not settings.WEBHOOK_PRIVATE_ADDRESSES:
        raise ForbiddenAddress(_("Use https://, so that nobody can read what is sent."))
    if parts.username is not None or parts.fragment:
        raise ForbiddenAddress(_("Leave out user names, passwords and fragments."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", parts.hostname, port or PORTS[parts.scheme], path)


def describe_addresses() -> str:
    """Return what an address starts with, and where it may be."""
    if settings.WEBHOOK_PRIVATE_ADDRESSES:
        return _("It starts with https:// or http://, and may be on your own network.")
    return _("It starts with https:// and is on the public internet.")


def check_url(url: str) -> None:
    """Raise ForbiddenAddress for what is no address, or one that is seen to be private without asking for its name."""
    host = parse_url(url).host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
            _refuse_private()
        return
    if not _is_public(address):
        _refuse_private()


def resolve(target: Target) -> str:
    """Return an IP address of a host, which the caller connects to, so that no second look can find another.

    Raises:
        ForbiddenAddress: if any of its addresses is private.
        OSError: if it has none.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if not all(_is_public(ipaddress.ip_address(one.partition("%")[0])) for one in addresses):
        _refuse_private()
    return addresses[0]


def _refuse_private() -> None:
    if not settings.WEBHOOK_PRIVATE_ADDRESSES:
        raise ForbiddenAddress(_("This address is not on the public internet."))


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether an address is on the public internet; IPv4 inside IPv6 counts as what it is."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    if address in NAT64:
        return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    inner = address.sixtofour or (address.teredo or (None, None))[1]
    return address in UNICAST and address.is_global and (inner is None or _is_public(inner))
