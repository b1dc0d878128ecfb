"""How a drawing was sent, as its submission records it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from predictions.models import Source, Submission
from tests.factories import SEVEN, URL, make_user
from tests.predictions.api.images import encode_image

pytestmark = pytest.mark.django_db


def _form(**fields):
    return {"image": SimpleUploadedFile("a", encode_image()), **fields}


@pytest.mark.parametrize("source", ["upload", "paste", "camera"])
def test_a_form_names_where_its_image_is_from(api, source):
    sent = api.post(URL, _form(source=source), format="multipart")
    assert (sent.status_code, sent.data["source"]) == (202, source)
    assert [row["source"] for row in api.get(URL, {"source": source}).data["results"]] == [source]


def test_an_image_is_from_a_program_unless_it_says_otherwise(api):
    bodies = [(_form(), "multipart"), ({**SEVEN, "source": "camera"}, "json")]
    assert [api.post(URL, body, format=kind).data["source"] for body, kind in bodies] == ["api", "api"]


def test_strokes_of_the_page_are_drawn_and_its_pictures_are_what_it_says():
    page = APIClient()
    page.force_login(make_user())
    assert page.post(URL, SEVEN, format="json").data["source"] == "draw"
    assert page.post(URL, _form(source="paste"), format="multipart").data["source"] == "paste"


@pytest.mark.parametrize("source", ["", "scanner", *sorted(set(Source) - {"upload", "paste", "camera"}), ["paste"] * 2])
def test_other_sources_are_refused(api, source):
    sent = api.post(URL, _form(source=source), format="multipart")
    assert (sent.status_code, sent.data["error"]["code"]) == (400, "invalid")
    assert "source" in sent.data["error"]["message"]
    assert not Submission.objects.exists()
