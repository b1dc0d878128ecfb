"""Where a request came from, for the audit log: its address, and a short name of its device."""

import ipaddress
import re
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

MOST_CHARS = 60
# The first that is found: browsers name others that they want to be taken for.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chromium": "Chromium",
    "CriOS": "Chrome",
    "HeadlessChrome": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Macintosh": "macOS",
    "Linux": "Linux",
}
PRODUCT = re.compile(r"[A-Za-z][\w.+-]*")


@dataclass(frozen=True)
class Origin:
    """address: None if it is unknown, as in workers and commands; device: "" then."""

    address: str | None = None
    device: str = ""


def find_origin() -> Origin:
    """Return where the request that this thread answers came from.

    django-allauth's middleware keeps the request at hand, and its adapter has it, so that no call needs to pass it on.
    """
    request: HttpRequest | None = get_adapter().request
    if request is None:
        return Origin()
    return Origin(address_of(request), device_name(request.headers.get("User-Agent", "")))


def address_of(request: HttpRequest) -> str | None:
    """Return the whole address, as `TRUSTED_PROXY_COUNT` says; None if there is none, as behind a socket."""
    try:
        found = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (PermissionDenied, ValueError):
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def device_name(user_agent: str) -> str:
    """Return a short name such as "Firefox, Linux", or the program's own, such as "curl"; "" if there is none.

    Not a parser such as ua-parser: a name that its owner recognizes suffices, and browsers no longer tell more.
    """
    words = re.findall(r"[A-Za-z]+", user_agent)
    browser = next((name for word, name in BROWSERS.items() if word in words), "")
    system = next((name for word, name in SYSTEMS.items() if word in words), "")
    if browser:
        return f"{browser}, {system}" if system else browser
    product = PRODUCT.match(user_agent)
    return product[0][:MOST_CHARS] if product else ""
