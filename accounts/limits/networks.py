"""The address of a client, as limits count it."""

import ipaddress

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

IPV6_NETWORK_BITS = 64  # what one customer is given


def client_network(request: HttpRequest) -> str:
    """Return the network from which a request came.

    `TRUSTED_PROXY_COUNT` says how many proxies are believed: what a client itself writes into X-Forwarded-For is not.
    """
    return network_of(get_adapter().get_client_ip(request))


def network_of(address: str) -> str:
    """Return an address as it is counted: of IPv6 its network, as its owner can choose the rest."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, IPV6_NETWORK_BITS), strict=False))
