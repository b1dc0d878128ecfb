"""Send bad inputs to a running site as strangers, users of the API, and browsers that are logged in."""

import functools
import re
import socket
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from tests.security.bad_inputs.case import Bad
from tests.site import PASSWORDS, Site

TIMEOUT_S = 30
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


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
        sender = requests.Session()
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
        browser = requests.Session()
        browser.mount("http://", HTTPAdapter(pool_maxsize=1))
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

    def _send_raw(self, data: bytes) -> tuple[int, bytes]:
        address = (self.address.hostname or "", self.address.port or 0)
        with socket.create_connection(address, timeout=TIMEOUT_S) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while block := connection.recv(65_536):
                received += block
        head, _, body = received.partition(b"\r\n\r\n")
        return (int(head.split(b" ")[1]) if head else 0), body
