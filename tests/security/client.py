"""Send bad inputs to a running site as strangers, users of the API, and browsers that are logged in."""

import functools
import re
import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from tests.security.bad_inputs.case import Bad
from tests.site import PASSWORDS, Site

TIMEOUT_S = 30
OWN_ADDRESS = ("127.0.0.77", 0)  # of loopback: other tests send wrong tokens too, and an address may send only a few
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class _FromOwnAddress(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, source_address=OWN_ADDRESS)


class Client:
    """Everybody who sends bad inputs to a site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.address = urlsplit(site.url)

    def send(self, case: Bad) -> tuple[int, bytes]:
        """Return the status and the body of the answer; status 0 if the connection was closed without one."""
        if case.raw:
            return self._send_raw(case.raw.replace(b"{token}", self.site.token().encode()))
        name, _, _ = case.who.partition("'s browser")
        headers = dict(case.headers)
        sender = self._session()
        if case.who.endswith(("browser", "with a token")):
            sender = self._browser(name if "'s" in case.who else "")
            if isinstance(case.form, dict) or case.who.endswith("with a token"):
                headers.setdefault("X-CSRFToken", sender.cookies["csrftoken"])
            if isinstance(case.form, dict) and "csrfmiddlewaretoken" in case.form:
                del headers["X-CSRFToken"]
        elif case.who:
            headers.setdefault("Authorization", f"Token {self.site.token(case.who)}")
        sent = requests.Request(
            case.method, self.site.url, headers=headers, data=case.body if case.form is None else case.form,
            files=case.files, cookies=sender.cookies,
        ).prepare()  # fmt: skip
        sent.url = self.site.url + case.path  # as it is: requests would tidy it up
        answer = sender.send(sent, timeout=TIMEOUT_S, allow_redirects=False)
        return answer.status_code, answer.content

    @functools.cache  # noqa: B019 - one client in a run
    def _browser(self, name: str) -> requests.Session:
        """Return a browser in which `name` is logged in, or a stranger's."""
        browser = self._session()
        page = browser.get(f"{self.site.url}/accounts/login/", timeout=TIMEOUT_S).text
        if name:
            form = {
                "login": name, "password": PASSWORDS[name], "csrfmiddlewaretoken": _TOKEN.findall(page)[0]
            }  # fmt: skip
            answer = browser.post(
                f"{self.site.url}/accounts/login/", data=form, timeout=TIMEOUT_S, allow_redirects=False
            )
            assert answer.status_code == 302, answer.text[:500]
        return browser

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.mount("http://", _FromOwnAddress(pool_maxsize=1))
        return session

    def _send_raw(self, data: bytes) -> tuple[int, bytes]:
        address = (self.address.hostname or "", self.address.port or 0)
        with socket.create_connection(address, TIMEOUT_S, OWN_ADDRESS) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while block := connection.recv(65_536):
                received += block
        head, _, body = received.partition(b"\r\n\r\n")
        return (int(head.split(b" ")[1]) if head else 0), body
