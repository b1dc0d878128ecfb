"""The theme that is chosen in the footer: a cookie of the browser decides which colors a page links."""

import re

import pytest
from django.urls import reverse

from accounts.themes import THEMES
from predictions.pages.errors import server_error
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def linked_media(response):
    page = response.content.decode()
    found = re.findall(r'css/(dark|contrast)[\w.]*css"\s+media="([^"]*)"', page)
    return dict(found), re.search(r'data-theme="(\w+)"', page)[1]


@pytest.mark.parametrize("name", THEMES)
def test_a_page_links_the_colors_of_the_chosen_theme(client, name):
    client.cookies["inkling_theme"] = name
    media, theme = linked_media(client.get(reverse("model")))
    assert media == {"dark": THEMES[name].dark, "contrast": THEMES[name].contrast} and theme == name


@pytest.mark.parametrize("cookie", ["", "neon", '"><script>', "Dark"])
def test_without_a_known_theme_the_system_decides(client, cookie):
    client.cookies["inkling_theme"] = cookie
    media, theme = linked_media(client.get(reverse("draw")))
    assert media == {"dark": "(prefers-color-scheme: dark)", "contrast": "(prefers-contrast: more)"}
    assert theme == "system"


def test_error_pages_have_the_theme_the_navigation_and_the_footer(client):
    client.force_login(make_user())
    client.cookies["inkling_theme"] = "dark"
    response = client.get("/no-such-page/")
    assert response.status_code == 404 and linked_media(response)[1] == "dark"
    for name in ("history", "profile", "api-docs", "model"):
        assert f'href="{reverse(name)}"' in response.content.decode()


def test_a_server_errors_page_has_a_navigation_without_a_query(client, rf, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = server_error(rf.get("/")).content.decode()
    assert reverse("draw") in page and reverse("history") in page and reverse("api-docs") in page
