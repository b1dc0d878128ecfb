"""Whether a drawing may train models: the owner's default, and what a request says."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from predictions.models import Submission
from predictions.services import guests
from tests.factories import SEVEN, URL, make_user
from tests.guests import draw, new_guest
from tests.predictions.api.images import encode_image

pytestmark = pytest.mark.django_db
BATCH = f"{URL}batch/"


def _upload():
    return SimpleUploadedFile("x", encode_image())


def _stored():
    return list(Submission.objects.order_by("key").values_list("may_train", flat=True))


@pytest.fixture
def consenting(alice):
    """Let alice's new drawings train models."""
    User.objects.filter(pk=alice.pk).update(may_train=True)


def test_no_drawing_may_train_models_unless_its_owner_says_so(api):
    assert api.post(URL, SEVEN, format="json").data["may_train"] is False
    api.post(BATCH, [SEVEN], format="json")
    assert _stored() == [False, False]


def test_a_drawing_gets_the_default_of_its_owner(api, consenting):
    response = api.post(URL, SEVEN, format="json")
    assert response.data["may_train"] is True
    assert api.get(response.data["url"]).data["may_train"] is True
    assert api.get(URL).data["results"][0]["may_train"] is True
    api.post(URL, encode_image(), content_type="image/png")
    api.post(BATCH, [SEVEN], format="json")
    assert _stored() == [True, True, True]


@pytest.mark.parametrize(("sent", "kept"), [(True, True), (False, False), (None, True)])
def test_json_overrides_the_default(api, consenting, sent, kept):
    assert api.post(URL, {**SEVEN, "may_train": sent}, format="json").data["may_train"] is kept
    assert _stored() == [kept]


@pytest.mark.parametrize(("sent", "kept"), [("true", True), ("false", False), ("", False)])
def test_a_form_overrides_the_default(api, sent, kept):
    assert api.post(URL, {"image": _upload(), "may_train": sent}, format="multipart").data["may_train"] is kept
    api.post(BATCH, {"image": [_upload(), _upload()], "may_train": sent}, format="multipart")
    assert _stored() == [kept] * 3


def test_each_item_of_a_batch_overrides_the_default(api, consenting):
    api.post(BATCH, [{**SEVEN, "may_train": False}, SEVEN, {**SEVEN, "may_train": True}], format="json")
    assert _stored() == [False, True, True]


@pytest.mark.parametrize("sent", ["yes", 1, [True]])
def test_anything_else_is_refused(api, sent):
    response = api.post(URL, {**SEVEN, "may_train": sent}, format="json")
    assert (response.status_code, response.data["error"]["message"]) == (400, "may_train must be true or false.")
    [item] = api.post(BATCH, [{**SEVEN, "may_train": sent}], format="json").data["items"]
    assert item["error"]["message"] == "may_train must be true or false."
    form = api.post(URL, {"image": _upload(), "may_train": "on"}, format="multipart")
    assert form.status_code == 400 and not _stored()


def test_a_form_says_it_once(api):
    for path in (URL, BATCH):
        response = api.post(path, {"image": _upload(), "may_train": ["true", "false"]}, format="multipart")
        assert response.status_code == 400 and "may_train" in response.data["error"]["message"]


def test_what_may_train_is_no_other_drawing(api):
    """A retry under the same key returns the stored submission, whatever it says now."""
    first = api.post(URL, SEVEN, format="json", HTTP_IDEMPOTENCY_KEY="k").data
    again = api.post(URL, {**SEVEN, "may_train": True}, format="json", HTTP_IDEMPOTENCY_KEY="k").data
    assert (again["id"], again["may_train"]) == (first["id"], False)


def test_the_default_costs_no_query(api, consenting, django_assert_max_num_queries, django_assert_num_queries):
    api.post(URL, SEVEN, format="json")  # from then on the user is cached with the token
    with django_assert_max_num_queries(50) as before:
        api.post(URL, {**SEVEN, "may_train": True}, format="json")
    with django_assert_num_queries(len(before)):
        api.post(URL, SEVEN, format="json")


def test_a_guests_drawing_never_trains_models_even_when_it_is_kept(db):
    row = draw(new_guest(), may_train=True)
    assert not row.may_train
    bob = make_user("bob", may_train=True)
    assert guests.claim(row.guest_key, bob) == 1
    row.refresh_from_db()
    assert (row.owner, row.may_train) == (bob, False)
