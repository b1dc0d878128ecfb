"""A cursor says where a page begins, to its user alone and without the number of the row."""

import base64
import itertools

import pytest
from django.core.signing import Signer

from accounts.cursors import InvalidCursor, make_cursor, read_cursor
from tests.factories import make_submission, make_user
from tests.predictions import conftest
from tests.predictions.api.test_listing import URL

pytestmark = pytest.mark.django_db
alice, api = conftest.alice, conftest.api
KEYS = [1, 2, 3, 255, 256, 2**31, 2**63 - 1]


@pytest.mark.parametrize("key", KEYS)
def test_a_cursor_leads_back_to_its_row(alice, key):
    assert read_cursor(alice, make_cursor(alice, key)) == key


def test_a_cursor_does_not_tell_the_number_of_the_row(api, alice):
    key = 1_234_567_890  # so many digits that they are not there by chance
    for number in range(3):
        make_submission(alice, key=key + number)
    cursor = api.get(URL, {"limit": 1}).data["next"].split("cursor=")[1]
    found = base64.urlsafe_b64decode(cursor)
    assert len(found) == 24
    key += 2  # the newest is on the first page
    assert str(key).encode() not in found and key.to_bytes(8, "big") not in found


def test_cursors_of_neighbors_are_unlike_each_other(alice):
    found = [base64.urlsafe_b64decode(make_cursor(alice, key)) for key in range(1, 200)]
    assert len(set(found)) == len(found)
    pairs = itertools.pairwise(int.from_bytes(one[16:], "big") for one in found)
    changed = [(one ^ other).bit_count() for one, other in pairs]
    assert 28 < sum(changed) / len(changed) < 36  # of 64 bits


def test_a_changed_cursor_or_that_of_another_user_is_refused(alice):
    cursor = make_cursor(alice, 42)
    with pytest.raises(InvalidCursor):
        read_cursor(make_user("bob"), cursor)
    found = base64.urlsafe_b64decode(cursor)
    for place in range(len(found)):
        changed = bytes(byte ^ (at == place) for at, byte in enumerate(found))
        with pytest.raises(InvalidCursor):
            read_cursor(alice, base64.urlsafe_b64encode(changed).decode())


def test_cursors_of_the_release_before_still_work(api, alice):
    older, newer = make_submission(alice), make_submission(alice)
    signed = Signer(salt=f"cursor of {alice.pk}").sign(str(newer.key))
    cursor = base64.urlsafe_b64encode(signed.encode()).decode().rstrip("=")
    assert [row["id"] for row in api.get(URL, {"cursor": cursor}).data["results"]] == [str(older.id)]


def test_a_cursor_of_another_kind_of_list_is_refused(alice):
    with pytest.raises(InvalidCursor):
        read_cursor(alice, make_cursor(alice, 42, "activity"))
