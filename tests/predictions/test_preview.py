"""Browsers get the digit network of the version that reads, for a preview of what is being drawn."""

import gzip
import re

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from ml.artifacts import load_shipped
from ml.browser_network import LAYOUT, MAX_BYTES, join_network, split_network
from predictions import registry
from predictions.models import ModelArtifact
from tests.factories import make_artifacts

pytestmark = pytest.mark.django_db
SCRIPTS_LIMIT_BYTES = 20_000  # compressed, each file alone


def address(version, layout=LAYOUT):
    return reverse("browser-network", args=[version.sha256, layout])


def write_file(layout=LAYOUT):
    return join_network({"layout": layout, "layers": []}, b"weights!")


@pytest.fixture
def shipped():
    return registry.install_shipped()


def register(layout=LAYOUT):
    networks = {"litert": b"digits", "line-litert": b"lines", "browser": write_file(layout)}
    version = registry.register(make_artifacts("mine", networks, calibration={"temperature": 1.5}))
    registry.promote(version, by=None)
    return version


def test_anybody_gets_the_network_for_good_in_four_queries(client, shipped, django_assert_num_queries):
    with django_assert_num_queries(4):
        response = client.get(address(shipped))
    assert response.status_code == 200 and len(response.content) < MAX_BYTES
    assert response["Content-Type"] == "application/octet-stream"
    assert set(response["Cache-Control"].split(", ")) == {"public", "max-age=31536000", "immutable"}
    assert not response.cookies and "Cookie" not in response.get("Vary", "")
    assert split_network(response.content)[0]["calibration"] == load_shipped()[0].card["calibration"]


def test_only_the_network_of_the_version_that_reads_is_sent(client, shipped):
    assert client.get(address(register())).status_code == 200
    assert client.get(address(shipped)).status_code == 404
    registry.promote(shipped, by=None)
    assert client.get(address(shipped)).status_code == 200


def test_there_is_no_network_under_another_address(client, shipped):
    assert client.get(address(shipped, LAYOUT + 1)).status_code == 404
    assert client.get(reverse("browser-network", args=["0" * 64, LAYOUT])).status_code == 404
    assert client.post(address(shipped)).status_code == 405


def test_there_is_no_network_without_a_live_model(client):
    assert client.get(reverse("browser-network", args=["0" * 64, LAYOUT])).status_code == 404
    assert render_to_string("predictions/_preview.html").strip() == ""


def test_a_network_in_another_layout_is_not_sent(client):
    assert client.get(address(register(LAYOUT + 1))).status_code == 404


def test_a_changed_network_is_not_sent(client, shipped, caplog):
    ModelArtifact.objects.filter(version=shipped, format="browser").update(data=write_file())
    assert client.get(address(shipped)).status_code == 404
    assert "not those that were registered" in caplog.text


def test_the_preview_names_the_network_of_the_version_that_reads(shipped):
    assert f'data-network="{address(shipped)}"' in render_to_string("predictions/_preview.html")
    with translation.override("de"):
        assert "Vorschau" in render_to_string("predictions/_preview.html")


def test_a_version_without_a_network_for_browsers_has_no_preview(client):
    version = registry.register(make_artifacts("mine", {"litert": b"digits", "line-litert": b"lines"}))
    registry.promote(version, by=None)
    assert render_to_string("predictions/_preview.html").strip() == ""
    assert client.get(address(version)).status_code == 404


def test_a_version_that_was_registered_without_a_network_for_browsers_is_completed(client):
    without = [one for one in load_shipped() if one.format != "browser"]
    version = registry.register(without, is_shipped=True)
    assert registry.install_shipped() == version and version.sha256 == registry.serving().live.sha256
    assert client.get(address(version)).status_code == 200


def test_the_scripts_are_small_and_in_the_import_map():
    folder = settings.BASE_DIR / "static"
    scripts = sorted(folder.glob("js/preview*.js")) + sorted(folder.glob("js/preview/*.js"))
    assert sum(len(gzip.compress(path.read_bytes())) for path in scripts) < SCRIPTS_LIMIT_BYTES
    mapped = re.findall(r"static 'js/(preview[^']*)'", (settings.BASE_DIR / "templates/_import_map.html").read_text())
    assert sorted(mapped) == sorted(path.relative_to(folder / "js").as_posix() for path in scripts)
