"""`expects` in requests, and what a result tells besides its digits."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from predictions.models import Prediction, Submission
from predictions.worker import recognize
from tests.factories import SEVEN, URL, make_reading, read_one
from tests.predictions.api.images import encode_image
from tests.predictions.test_expectations import SIGNED

pytestmark = pytest.mark.django_db
FOUR = {"kind": "digits", "length": 4}
CANONICAL = {"kind": "digits", "max_length": 4, "min_length": 4}
BATCH = f"{URL}batch/"
KEY = {"HTTP_IDEMPOTENCY_KEY": "order 1017"}


def upload():
    return SimpleUploadedFile("x", encode_image())


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(FOUR, CANONICAL), ("time", {"kind": "time"}), (None, None), ({"kind": "date"}, {"kind": "date"})],
)
def test_json_says_what_is_expected(api, sent, kept):
    response = api.post(URL, {**SEVEN, "expects": sent}, format="json")
    assert (response.status_code, response.data["expects"]) == (202, kept)
    assert api.get(URL).data["results"][0]["expects"] == kept
    assert Submission.objects.get().expects == kept


@pytest.mark.parametrize(("sent", "kept"), [(json.dumps(FOUR), CANONICAL), ("time", {"kind": "time"}), ("", None)])
def test_a_form_says_what_is_expected(api, sent, kept):
    response = api.post(URL, {"image": upload(), "expects": sent}, format="multipart")
    assert (response.status_code, response.data["expects"]) == (202, kept)


def test_each_item_of_a_batch_says_what_is_expected(api):
    items = [{**SEVEN, "expects": "date"}, SEVEN, {**SEVEN, "expects": "money"}]
    response = api.post(BATCH, items, format="json")
    assert list(Submission.objects.order_by("key").values_list("expects", flat=True)) == [{"kind": "date"}, None]
    message = response.data["items"][2]["error"]["message"]
    assert message == 'expects: Set "kind" to one of digit, digits, number, date, time, pattern.'


def test_a_form_of_images_expects_the_same_of_each(api):
    api.post(BATCH, {"image": [upload(), upload()], "expects": "digit"}, format="multipart")
    assert list(Submission.objects.values_list("expects", flat=True)) == [{"kind": "digit"}] * 2


@pytest.mark.parametrize(
    ("sent", "advice"),
    [
        ("money", 'expects: Set "kind" to one of'),
        (7, "expects: Send a kind"),
        ({"kind": "digits", "length": 0}, 'expects: Set "length" to a whole number from 1 to 32.'),
        ({"kind": "pattern", "pattern": "AAA"}, 'expects: Take "A" out of the pattern'),
        ({"kind": "number", "min": 5, "max": 4}, 'expects: Set "max" to at least "min".'),
    ],
)
def test_an_invalid_expectation_is_refused_with_what_to_change(api, sent, advice):
    response = api.post(URL, {**SEVEN, "expects": sent}, format="json")
    assert (response.status_code, response.data["error"]["code"]) == (400, "invalid")
    assert response.data["error"]["message"].startswith(advice)
    assert not Submission.objects.exists()


@pytest.mark.parametrize("sent", ['{"kind": ', '{"kind": "date", "kind": "time"}', "{" * 5000])
def test_broken_json_in_a_form_is_refused(api, sent):
    response = api.post(URL, {"image": upload(), "expects": sent}, format="multipart")
    assert (response.status_code, response.data["error"]["code"]) == (400, "invalid")
    assert "valid JSON object" in response.data["error"]["message"]


@pytest.mark.parametrize("url", [URL, BATCH])
def test_a_form_says_only_once_what_is_expected(api, url):
    response = api.post(url, {"image": upload(), "expects": ["date", "time"]}, format="multipart")
    assert response.status_code == 400


@pytest.mark.parametrize("url", [URL, BATCH])
def test_a_key_with_another_expectation_is_refused(api, url):
    def post(**expects):
        body = {**SEVEN, **expects}
        return api.post(url, [body] if url == BATCH else body, format="json", **KEY)

    assert post(expects=FOUR).status_code == 202
    same = post(expects={"kind": "digits", "min_length": 4, "max_length": 4})
    assert (same.status_code, same["Idempotent-Replayed"]) == (202, "true")
    assert post(expects="date").status_code == post().status_code == 422


def test_an_id_is_taken_by_another_expectation(api):
    url = f"{URL}5e2f3a10-7c39-4b6f-9d53-0c3f6f0b1a77/"
    assert api.put(url, {**SEVEN, "expects": "date"}, format="json").status_code == 202
    assert api.put(url, {**SEVEN, "expects": {"kind": "date"}}, format="json").status_code == 202
    assert api.put(url, SEVEN, format="json").status_code == 409


def test_a_result_tells_signs_reasons_and_alternatives(api, reader):
    reader.reading = SIGNED
    url = api.post(URL, SEVEN, format="json").data["url"]
    recognize.recognize_batch()
    result = api.get(url).data["result"]
    assert (result["text"], result["written"], result["problem"]) == ("280842", "28/08/42", None)
    assert result["reasons"][0] == {"code": "sign", "message": "There are signs between or next to the digits."}
    assert result["symbols"] == [{"symbol": "2", "confidence": 0.9, "box": [0, 0, 9, 9]}]
    assert result["alternatives"] == [{"text": "28/08/12", "probability": 0.02}]
    listed = api.get(URL).data["results"][0]
    assert (listed["written"], [one["code"] for one in listed["reasons"]]) == ("28/08/42", ["sign", "close_call"])


def test_messages_are_english_whatever_the_client_prefers(api, reader):
    reader.reading = SIGNED
    url = api.post(URL, {**SEVEN, "expects": "date"}, format="json").data["url"]
    recognize.recognize_batch()
    result = api.get(url, headers={"accept-language": "de"}).data["result"]
    assert result["reasons"][1]["message"] == "Something else is almost as likely."
    assert result["problem"] == {"code": "pattern", "message": "This does not have the expected form."}


def test_a_reading_of_an_older_version_has_empty_additions(api, alice):
    row = read_one(alice)
    assert "written" not in make_reading()
    result = api.get(f"{URL}{row.id}/").data["result"]
    assert [result[name] for name in ("written", "symbols", "reasons", "alternatives")] == ["", [], [], []]
    assert (result["problem"], api.get(URL).data["results"][0]["reasons"]) == (None, [])
    assert Prediction.objects.get().reading == make_reading()


@pytest.mark.parametrize(("text", "is_found"), [("28/08/42", True), ("280842", True), ("28/08", False)])
def test_the_list_is_filtered_by_signs_too(api, reader, text, is_found):
    reader.reading = SIGNED
    api.post(URL, SEVEN, format="json")
    recognize.recognize_batch()
    assert len(api.get(URL, {"text": text}).data["results"]) == is_found


@pytest.mark.parametrize("text", ["", "-", "1" * 65, "1?", "7\n"])
def test_a_text_that_cannot_be_read_is_no_filter(api, text):
    assert api.get(URL, {"text": text}).status_code == 400
