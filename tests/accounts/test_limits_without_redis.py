"""The limits of a real site, with Redis up and with Redis gone: at the log-in, for the admin, and in the API."""

import re

import pytest
import requests

from tests.site import PASSWORDS, Site, open_site

pytestmark = [pytest.mark.worker, pytest.mark.long]  # starts two sites: 20 s; the counts themselves have quick tests
UNKNOWN = "/api/v1/submissions/00000000-0000-0000-0000-000000000000/"


class Browser(requests.Session):
    """A browser that keeps its cookies and sends the token of each form."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.url = site.url

    def log_in(self, page: str, name: str, password: str) -> requests.Response:
        form = self.get(self.url + page, timeout=30)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
        assert token, form.text
        given = {"login": name, "password": password, "csrfmiddlewaretoken": token[1]}
        return self.post(form.url, given, timeout=30, allow_redirects=False)

    def forget_session(self) -> None:
        del self.cookies["sessionid"]


@pytest.mark.parametrize("redis", ["up", "gone"])
def test_the_sixth_wrong_try_is_refused_and_the_owner_on_a_known_device_is_not(redis: str) -> None:
    with open_site() as site:
        known = Browser(site)
        assert known.log_in("/accounts/login/", "alice", PASSWORDS["alice"]).status_code == 302
        known.forget_session()
        if redis == "gone":
            site.service("redis").restarts = False
            site.kill("redis")
        for page, name in (("/accounts/login/", "alice"), ("/admin/", "admin")):
            answers = [Browser(site).log_in(page, name, f"guess {number}") for number in range(6)]
            assert ["Too many attempts" in answer.text for answer in answers] == [False] * 5 + [True]
            assert "Too many attempts" in Browser(site).log_in(page, name, PASSWORDS[name]).text
        assert known.log_in("/accounts/login/", "alice", PASSWORDS["alice"]).status_code == 302
        assert Browser(site).log_in("/accounts/login/", "bob", PASSWORDS["bob"]).status_code == 302
        wrong = {"Authorization": "Token ink_wrong"}
        codes = [requests.get(site.url + UNKNOWN, headers=wrong, timeout=30).status_code for _ in range(6)]
        assert codes == [401] * 5 + [429]
        assert site.request("GET", UNKNOWN).status_code == 404
