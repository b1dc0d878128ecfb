"""What people type runs nowhere: not on a page, in the admin, in German, in a mail, nor as a formula in a file.

Every column of text is filled with texts that try to run, and every URL is opened, and then shown by a real browser.
"""

import csv
import html
import io
import json
import zipfile
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings as django_settings
from django.template.loader import render_to_string
from django.test import Client

from accounts import audit
from accounts.csv_lines import csv_lines
from accounts.tokens import create_token
from predictions.models import Submission
from tests.exports import file_of, write_export
from tests.factories import make_user, read_one, make_version
from tests.security.browser import show
from tests.security.markup import find_markup
from tests.security.payloads import FORMULAS, PRODUCT, SCRIPTS
from tests.security.planting import INSERTED, OF_MACHINES, PLANTED, plant, text_columns
from tests.walk.access import RULE_BY_ROUTE
from tests.walk.ids import make_ids
from tests.walk.people import HANDLER, make_people
from tests.walk.requests import path_of

pytestmark = pytest.mark.django_db
LANGUAGES = ("en", "de")
SHOWN_NOWHERE: set[str] = set()


def test_every_column_of_text_is_planted_or_written_by_machines():
    known = PLANTED | INSERTED | OF_MACHINES
    assert {name for name, _, _ in text_columns()} == known


@pytest.fixture
def pages(settings):
    """Return every page that alice, a reviewer and a superuser get: who, address, headers and text."""
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = settings.RATE_LIMIT_PER_S = 10**6
    people = make_people()
    ids = make_ids(people)
    planted = plant()
    found = []
    for place, (route, rule) in enumerate(RULE_BY_ROUTE.items()):
        name = "root" if route.startswith("admin/") else "carol" if route.startswith("review/") else "alice"
        own = ids[rule.kind].own.get(name, [ids[rule.kind].missing])[0] if rule.kind else ""
        client = people[name].client()
        client.cookies["django_language"] = LANGUAGES[place % 2]
        path = path_of(route, rule, own)
        response = client.get(path)
        if response.get("Content-Type", "").startswith("text/html") and response.status_code < 300:
            found.append((path, dict(response.items()), response.content.decode()))
        assert response.status_code < 500, path
    return found, planted


def test_no_text_in_any_column_runs_on_any_page(pages):
    found, planted = pages
    assert len(found) > 90
    wrong = [(path, one) for path, _, page in found for one in find_markup(page)]
    assert wrong == []
    assert [path for path, _, page in found if PRODUCT in page] == []
    everything = html.unescape(html.unescape("".join(page for _, _, page in found)))
    unseen = {name for name, text in planted.items() if text not in everything}
    assert unseen <= SHOWN_NOWHERE, unseen
    assert show(found) == []
