"""The history of a batch, and the drawing page that leads to it."""

from uuid import UUID, uuid4

import pytest
from django.db.models.functions import Now
from django.urls import reverse

from predictions.models import Submission
from tests.factories import make_submission, make_user, read_one

pytestmark = pytest.mark.django_db
HISTORY = reverse("history")


@pytest.fixture
def alice(client):
    alice = make_user("alice")
    client.force_login(alice)
    return alice


def _shown(page):
    return {row.pk for row in page.context["submissions"]}


def test_the_history_of_batches_shows_them_and_how_many_are_done(client, alice):
    first, second, other = uuid4(), uuid4(), uuid4()
    rows = {row.pk for row in (read_one(alice), make_submission(alice))}
    Submission.objects.filter(pk__in=rows).update(batch=first)
    late = make_submission(alice, batch=second)
    make_submission(alice, batch=other)
    make_submission(alice)
    page = client.get(HISTORY, {"batch": str(first)})
    assert _shown(page) == rows
    assert "Done: 1 of 2." in page.content.decode() and "data-unfinished" in page.content.decode()
    assert _shown(client.get(HISTORY, {"batch": f"{first},{second}"})) == rows | {late.pk}


def test_a_batch_that_is_done_is_not_waited_for(client, alice):
    row = read_one(alice)
    Submission.objects.filter(pk=row.pk).update(batch=uuid4())
    row.refresh_from_db()
    page = client.get(HISTORY, {"batch": str(row.batch)}).content.decode()
    assert "Done: 1 of 1." in page and "data-unfinished" not in page


def test_a_foreign_batch_is_like_one_that_does_not_exist(client, alice):
    foreign, deleted = make_submission(make_user("bob"), batch=uuid4()), make_submission(alice, batch=uuid4())
    Submission.objects.filter(pk=deleted.pk).update(deleted_at=Now())
    ids = [str(foreign.batch), str(deleted.batch), str(uuid4())]
    pages = [client.get(HISTORY, {"batch": id_}).content.decode().replace(id_, "ID") for id_ in ids]
    without_tokens = {
        "\n".join(line for line in page.splitlines() if "nonce" not in line and "csrf" not in line) for page in pages
    }
    assert len(without_tokens) == 1
    assert "No drawings match these filters" in pages[0] and "Done:" not in pages[0]


@pytest.mark.parametrize("batch", ["x", "1234", f"{UUID(int=7)},x"])
def test_a_malformed_batch_is_an_error_and_matches_nothing(client, alice, batch):
    make_submission(alice)
    page = client.get(HISTORY, {"batch": batch})
    assert _shown(page) == set()
    assert "Unknown batch." in page.content.decode()


def test_a_batch_stays_while_other_filters_are_applied(client, alice):
    row = make_submission(alice, batch=uuid4())
    page = client.get(HISTORY, {"batch": str(row.batch), "status": "queued"})
    assert f'<input type="hidden" name="batch" value="{row.batch}"' in page.content.decode()
    assert _shown(page) == {row.pk}


def test_the_drawing_page_of_a_batch_leads_to_its_history(client, alice):
    page = client.get("/", {"batch": "a,b&c"})
    assert (page.status_code, page.url) == (302, f"{HISTORY}?batch=a%2Cb%26c")


def test_the_drawing_page_knows_the_limits_of_pictures(client, alice, settings):
    settings.UPLOAD_LIMIT_BYTES, settings.BATCH_ITEMS_LIMIT = 2_500_000, 7
    page = client.get("/", headers={"Accept-Language": "de"}).content.decode()
    assert 'data-limit-bytes="2500000"' in page and 'data-limit-items="7"' in page
    assert "höchstens 2,5 MB" in page


def test_guests_have_no_picture_tools(client):
    page = client.get("/", {"batch": "a"}).content.decode()
    assert 'type="file"' not in page and "to send pictures" in page
