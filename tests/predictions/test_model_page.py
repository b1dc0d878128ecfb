"""The model page shows the card of the live version to everybody."""

import pytest
from django.urls import reverse
from django.utils import translation

from ml.artifacts import load_shipped
from predictions import registry
from predictions.models import ModelVersion
from predictions.pages.model import HIGH, WIDE
from predictions.services.formatting import share, with_article
from predictions.services.labels import NAMES
from predictions.templatetags.formatting import entry, grouped

pytestmark = pytest.mark.django_db


@pytest.fixture
def card():
    registry.install_shipped()
    return load_shipped()[0].card


def test_anybody_sees_every_figure_of_the_card_in_two_queries(client, card, django_assert_num_queries):
    with django_assert_num_queries(2):
        page = client.get(reverse("model"))
    said = page.content.decode()
    assert page.status_code == 200 and card["name"] in said
    for found in (*card["sets"].values(), *card["canvases"].values()):
        assert "accuracy" not in found or share(found["accuracy"]) in said
    assert said.count("data-ink=") == len(card["wild"]["mistakes"])
    assert said.count('class="chart"') == len(card["sweeps"]) + len(card["trust"])
    assert said.count('class="confusion"') == 2


def test_every_key_of_the_card_has_a_label(card):
    named = {*card["sets"], *card["canvases"], *card["cost"], *card["sweeps"], *card["trust"]}
    assert named <= set(NAMES) and len(named) > 30


def test_the_height_of_a_dot_is_its_share(client, card):
    chart = client.get(reverse("model")).context["robustness"][0]
    sweep = card["sweeps"]["pen width"]
    assert [dot.y for dot in chart.model] == [pytest.approx(HIGH * (1 - right), abs=0.1) for right in sweep["accuracy"]]
    assert (chart.model[0].x, chart.model[-1].x) == (0, WIDE)


def test_an_incomplete_card_is_shown_as_far_as_possible(client):
    ModelVersion.objects.create(name="old-1", sha256="0" * 64, preprocessing="ink-1", card={"sets": {}}, is_live=True)
    page = client.get(reverse("model"))
    assert page.status_code == 200 and "old-1" in page.content.decode()


def test_without_a_live_model_a_message_is_shown(client):
    assert "No model is live" in client.get(reverse("model")).content.decode()


@pytest.mark.parametrize(
    ("value", "said"), [(0.9963, "99.63%"), (0.98667, "98.67%"), (1, "100.00%"), (None, "-"), ("", "-")]
)
def test_a_share_is_formatted_as_a_percentage(value, said):
    assert share(value) == said


def test_an_entry_that_is_missing_is_empty():
    assert (entry({"a b": 3}, "a b"), entry({}, "a b"), entry(None, "a b")) == (3, "", "")


@pytest.mark.parametrize("number", [8, "8", 11, 18, 80, 81, 800, 11_000, 18_500])
def test_numbers_that_begin_with_a_vowel_sound_take_an(number):
    assert with_article(number) == f"an {number}"


@pytest.mark.parametrize("number", [0, 1, 7, 10, 12, 17, 110, 180, 1800, "08"])
def test_other_numbers_take_a(number):
    assert with_article(number) == f"a {number}"


def test_large_numbers_are_grouped_in_the_readers_language():
    assert grouped(220803) == "220,803"
    with translation.override("de"):
        assert grouped(220803) == "220.803"


def test_the_page_says_what_a_network_was_trained_on_besides_mnist(client, card):
    version = ModelVersion.objects.live().get()
    assert "55,000 MNIST images" in client.get(reverse("model")).content.decode()
    counts = {"mnist": 0, "reviewed": 1_234, "reviewed writers": 5}
    version.card["training"] |= {"data": ["templates", "reviewed"], "counts": counts}
    version.save()
    page = client.get(reverse("model")).content.decode()
    assert "Variations of our own digits" in page and "MNIST images" not in page
    assert "1,234 reviewed digits that users let us train with (users: 5)" in page
