"""The manifest, the service worker and the page that stands for the site while there is no connection."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from PIL import Image

from predictions.pages import offline
from tests.factories import make_user

WORKER, PAGE, MANIFEST = "/service-worker.js", "/offline/", "/manifest.webmanifest"


def _settings_of(script: str) -> dict:
    return json.loads(re.search(r"const \{ version, .* \} = (\{.*\});", script)[1])


@pytest.mark.django_db
@pytest.mark.parametrize("path", [WORKER, PAGE, MANIFEST])
def test_what_browsers_keep_is_the_same_for_everybody_and_always_checked(client, django_assert_num_queries, path):
    with django_assert_num_queries(0):
        anybodys = client.get(path)
    client.force_login(make_user("alice"))
    hers = client.get(path)
    nonce = re.compile(rb'nonce="[^"]*"')
    assert nonce.sub(b"", anybodys.content) == nonce.sub(b"", hers.content)
    assert (hers["Cache-Control"], hers.cookies) == ("no-cache", {})
    assert "Cookie" not in hers.get("Vary", "")


def test_the_manifest_names_icons_of_the_sizes_that_they_have(client):
    body = client.get(MANIFEST).json()
    assert (body["start_url"], body["scope"], body["display"]) == ("/", "/", "standalone")
    assert {icon["purpose"] for icon in body["icons"]} == {"any", "maskable"}
    for icon in body["icons"]:
        path = finders.find(icon["src"].removeprefix(settings.STATIC_URL))
        if icon["type"] == "image/png":
            with Image.open(path) as image:
                assert "x".join(map(str, image.size)) == icon["sizes"]
        else:
            assert Path(path).read_text().startswith("<svg")


def test_every_page_links_the_manifest_and_an_icon_for_home_screens(client):
    page = client.get(PAGE).content.decode()
    assert f'<link rel="manifest" href="{MANIFEST}">' in page
    assert re.search(r'<link rel="apple-touch-icon"\s+href="/static/img/apple-touch-icon.png">', page)
    assert page.count('name="theme-color"') == 2


def test_the_service_worker_keeps_the_offline_page_and_the_files_that_it_names(client):
    answer = client.get(WORKER)
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    told = _settings_of(answer.content.decode())
    assert told["page"] == "/offline/?language=en"
    assert all(url.startswith("/static/") for url in told["files"])
    assert {"/static/js/offline.js", "/static/css/draw.css", "/static/js/preview/worker.js"} <= set(told["files"])
    assert "/static/js/common.js" not in told["files"]


def test_the_service_worker_speaks_the_language_of_the_page(client):
    german = client.get(WORKER, headers={"Accept-Language": "de"}).content.decode()
    english = client.get(WORKER).content.decode()
    assert _settings_of(german)["page"] == "/offline/?language=de"
    assert _settings_of(german)["version"] != _settings_of(english)["version"]
    page = client.get("/offline/?language=de", headers={"Accept-Language": "en"})
    assert "Du bist offline" in page.content.decode() and page["Content-Language"] == "de"
    assert client.get("/offline/?language=xx").status_code == 200


def test_a_changed_file_makes_another_version(monkeypatch, tmp_path):
    before = offline._told("en")["version"]
    changed = tmp_path / "strokes.js"
    changed.write_text("// changed")
    find = finders.find
    monkeypatch.setattr(finders, "find", lambda path: str(changed) if path == "js/strokes.js" else find(path))
    assert offline._told("en")["version"] != before
    assert offline._told("en") == offline._told("en")


@pytest.mark.django_db
def test_pages_of_a_session_are_not_stored_and_a_log_out_clears_the_browsers_cache():
    client = Client()
    assert "no-store" not in client.get("/").get("Cache-Control", "")
    client.force_login(make_user("alice"))
    for name in ("draw", "history", "model"):
        assert client.get(reverse(name))["Cache-Control"] == "private, no-store", name
    assert "no-store" in client.get(reverse("account_logout"))["Cache-Control"]
    answer = client.post(reverse("account_logout"))
    assert (answer.status_code, answer["Clear-Site-Data"]) == (302, '"cache"')
