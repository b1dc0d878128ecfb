"""The landing page: what people without an account see at `/`."""

import pytest
from django.urls import reverse

from predictions import registry
from predictions.models import ModelVersion
from tests.factories import make_artifacts, make_user, make_version

pytestmark = pytest.mark.django_db
CARD = {
    "sets": {
        "mnist_test": {"accuracy": 0.9942, "count": 10_000, "verdicts": {}},
        "held_out_writers": {"accuracy": 0.5, "count": 1_248, "verdicts": {}},
    }
}


def _promote(name: str, **card) -> ModelVersion:
    version = registry.register(
        make_artifacts(name, {"litert": name.encode(), "line-litert": f"{name} lines".encode()}, **card)
    )
    registry.promote(version, by=None)
    return version


def test_people_without_an_account_can_draw_at_once_without_a_session(client):
    answer = client.get("/")
    page = answer.content.decode()
    assert 'data-submit-url="/api/guest/drawings/"' in page and 'data-item-url=""' in page
    assert "sessionid" not in answer.cookies
    for address in (reverse("account_signup"), reverse("api-docs"), reverse("model"), "/static/license.txt"):
        assert f'href="{address}"' in page


def test_users_get_the_drawing_page(client):
    client.force_login(make_user())
    page = client.get("/").content.decode()
    assert 'data-submit-url="/api/v1/submissions/"' in page
    assert "landing" not in page


def test_without_guests_the_start_page_leads_to_the_log_in(client, settings):
    settings.GUESTS = False
    answer = client.get("/")
    assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=/")


def test_the_accuracy_is_that_of_the_live_models_card(client, django_assert_num_queries):
    _promote("first", sets={"mnist_test": {"accuracy": 0.91, "count": 5}})
    _promote("second", **CARD)
    with django_assert_num_queries(4):  # twice which version reads, its figures, and whether there is a preview
        page = client.get("/").content.decode()
    assert "Of 1,248 digits by people it had never seen, the model reads 50.00% correctly." in page
    assert "Of MNIST's 10,000 test digits: 99.42%." in page
    german = client.get("/", headers={"Accept-Language": "de"}).content.decode()
    assert "99,42" in german and "10.000" in german


def test_a_card_without_figures_tells_none(client):
    make_version()
    assert "test digits" not in client.get("/").content.decode()


def test_without_a_model_the_page_is_shown_all_the_same(client):
    answer = client.get("/")
    assert answer.status_code == 200 and "test digits" not in answer.content.decode()


def test_the_license_is_the_one_of_the_repository(settings):
    assert (settings.BASE_DIR / "static/license.txt").read_text() == (settings.BASE_DIR / "LICENSE").read_text()
