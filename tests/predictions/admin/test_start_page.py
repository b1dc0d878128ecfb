"""The admin's start page: true numbers that lead to their rows, and acts only for those who may."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.mail import EmailMessage
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from post_office.models import Email

from accounts import roles
from accounts.models import AuditEvent
from accounts.outbox import DUE_WITHIN_S, Outbox
from predictions import lifecycle
from predictions.models import ErrorCode, Lane, PausedLane, ScheduledRun, ScheduledTask, Submission, WorkerSeen
from predictions.services.overview import disk
from predictions.services.review import review_submission
from predictions.worker.golden import queue_golden
from tests.factories import make_reviewer, make_submission, make_user, read_one

pytestmark = pytest.mark.django_db
START = "/admin/"


@pytest.fixture
def alice():
    return make_user("alice")


def _page(client, **headers):
    return client.get(START, **headers).content.decode()


def _panel(page, title):
    return re.search(rf'<section class="panel[^>]*aria-labelledby="{title}-title">(.*?)</section>', page, re.DOTALL)[1]


def _listed(client, panel, text):
    """Follow the link with this text and return how many rows the list shows."""
    [url] = [unescape(url) for url, shown in re.findall(r'<a href="([^"]+)">([^<]+)</a>', panel) if shown == text]
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.context["cl"].result_count


def _fail(row, code=ErrorCode.BLANK):
    Submission.objects.filter(pk=row.pk).update(status="failed", error_code=code, finished_at=Now())


def test_what_waits_leads_to_its_rows(admin_client, alice):
    for lane in (Lane.INTERACTIVE, Lane.INTERACTIVE, Lane.BULK):
        make_submission(alice, lane=lane)
    queue_golden()
    panel = _panel(_page(admin_client), "lanes")
    assert [_listed(admin_client, panel, count) for count in ("2", "1")] == [2, 1]


def test_drawings_of_the_day_their_verdicts_and_failures_lead_to_their_rows(admin_client, alice):
    old, gone, _, _ = (read_one(alice) for _ in range(4))
    _fail(make_submission(alice))
    make_submission(alice)
    Submission.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(days=2))
    Submission.objects.filter(pk=gone.pk).update(deleted_at=Now())
    queue_golden()
    page = _page(admin_client)
    hours, shares = _panel(page, "hours"), _panel(page, "shares")
    assert _listed(admin_client, hours, "4 drawings in 24 hours") == 4
    assert _listed(admin_client, hours, "1 failed") == 1
    assert _listed(admin_client, hours, "4") == 4 and _listed(admin_client, hours, "1") == 1
    assert _listed(admin_client, shares, "2") == 2 and "There is nothing drawn here." in shares


@pytest.mark.parametrize(
    ("text", "verdict", "said", "shown"),
    [("7", "digit", "1", True), ("7", "not_a_digit", "", True), ("1", "unsure", "", True), ("12", "digit", "1", False)],
)
def test_what_is_mixed_up_leads_to_its_rows(admin_client, alice, text, verdict, said, shown):
    row = read_one(alice, text)
    Submission.objects.filter(pk=row.pk).update(verdict=verdict)
    row.refresh_from_db()
    review_submission(row, make_reviewer(), said, "desk")
    read_one(alice)
    panel = _panel(_page(admin_client), "confusion")
    if shown:
        assert _listed(admin_client, panel, "1") == 1
    else:
        assert "No reviewer has said yet" in panel and "1 drawing of several digits is not shown." in panel


def test_accuracy_is_of_the_random_sample_alone(admin_client, alice):
    right, wrong, outside = read_one(alice), read_one(alice), read_one(alice)
    Submission.objects.exclude(pk=outside.pk).update(review_sample=True)
    for row, text in ((right, "7"), (wrong, "1"), (outside, "1")):
        row.refresh_from_db()
        review_submission(row, make_reviewer(f"reviewer-{row.pk}"), text, "desk")
    panel = _panel(_page(admin_client), "accuracy")
    assert "50.00%" in panel
    assert [_listed(admin_client, panel, text) for text in ("2 reviewed", "1 read wrong")] == [2, 1]


def test_workers_are_shown_with_what_is_wrong(admin_client):
    WorkerSeen.objects.create(name="one/1", device="cpu", runtime="litert", trouble="cannot be loaded")
    WorkerSeen.objects.create(name="two", device="gpu")
    WorkerSeen.objects.filter(name="two").update(seen_at=Now() - timedelta(hours=2))
    panel = _panel(_page(admin_client), "workers")
    assert "cannot be loaded" in panel and "2 h ago" in panel and panel.count(">gone<") == 1
    [url] = re.findall(r'<a href="([^"]+)">one/1</a>', panel)
    assert admin_client.get(url).status_code == 200


def test_the_page_costs_fewer_than_25_queries_however_much_there_is(admin_client, alice):
    def cost():
        with CaptureQueriesContext(connection) as caught:
            _page(admin_client)
        return len(caught)

    cost()
    before = cost()
    for text in "0123":
        review_submission(read_one(alice, text), make_reviewer(f"reviewer-{text}"), "1", "desk")
        WorkerSeen.objects.create(name=text)
        make_submission(alice)
    assert before == cost() < 25


def test_an_empty_site_has_a_start_page_in_both_languages(admin_client):
    assert "No worker was seen today" in _page(admin_client)
    assert "Was wartet" in _page(admin_client, HTTP_ACCEPT_LANGUAGE="de")


def test_mail_that_nobody_sends_is_shown(admin_client):
    EmailMessage("hello", "words", "inkling@example.org", ["alice@example.org"], connection=Outbox()).send()
    panel = _panel(_page(admin_client), "checks")
    assert _listed(admin_client, panel, "1") == 1 and "delivery worker" not in panel
    Email.objects.update(created=Now() - timedelta(seconds=DUE_WITHIN_S + 1))
    assert "due for 5 min: is a delivery worker running?" in _panel(_page(admin_client), "checks")


def test_free_space_is_told_where_the_disk_is_known(admin_client, settings, tmp_path):
    assert "not known" in _panel(_page(admin_client), "checks")
    settings.DATABASE_FOLDER = str(tmp_path / "missing")
    assert disk.measure_disk().free_bytes is None
    settings.DATABASE_FOLDER = str(tmp_path)
    assert 0 < disk.measure_disk().free_bytes < disk.measure_disk().total_bytes
    assert "not known" not in _panel(_page(admin_client), "checks")


def test_a_golden_digit_read_wrong_is_told(admin_client, alice):
    assert "never read" in _panel(_page(admin_client), "checks")
    Submission.objects.filter(pk=queue_golden().pk).update(status="succeeded", text="1", finished_at=Now())
    assert "read wrong" in _panel(_page(admin_client), "checks")


# --- Lanes ----------------------------------------------------------------------------------------------------------


def test_an_admin_pauses_and_resumes_a_lane(client, alice):
    roles.make_roles()
    admin = make_user("adam", is_staff=True)
    admin.groups.add(Group.objects.get(name="admin"))
    client.force_login(admin)
    page = client.post("/admin/lanes/bulk/", {"pause": "1"}, follow=True).content.decode()
    assert "Drawings in bulk: paused." in page and 'aria-label="Resume: Drawings in bulk"' in page and "adam" in page
    assert "already paused" in client.post("/admin/lanes/bulk/", {"pause": "1"}, follow=True).content.decode()
    assert PausedLane.objects.get().paused_by == admin
    assert "bulk: resumed" in client.post("/admin/lanes/bulk/", {"resume": "1"}, follow=True).content.decode()
    assert "not paused" in client.post("/admin/lanes/bulk/", {"resume": "1"}, follow=True).content.decode()
    assert AuditEvent.objects.filter(action__startswith="lane.", actor=admin).count() == 2


@pytest.mark.parametrize(
    "permissions", [["view_submission", "change_submission"], ["view_submission", "view_pausedlane"]]
)
def test_who_may_only_view_cannot_pause(client, permissions):
    user = make_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    page = _page(client)
    assert "What waits" in page and "Pause:" not in page
    assert client.post("/admin/lanes/bulk/", {"pause": "1"}).status_code == 403
    assert not PausedLane.objects.exists()


def test_pausing_needs_a_press_and_a_lane_that_exists(admin_client, client):
    assert admin_client.get("/admin/lanes/bulk/").url == START
    assert admin_client.post("/admin/lanes/fast/", {"pause": "1"}).status_code == 404
    client.logout()
    assert "/login" in client.post("/admin/lanes/bulk/", {"pause": "1"}).url
    assert not PausedLane.objects.exists()


def test_who_may_see_nothing_is_shown_no_numbers(client):
    client.force_login(make_user("staff", is_staff=True))
    page = _page(client)
    assert "panel" not in page and "permission to view or edit anything" in page


def test_tables_are_listed_in_sections(admin_client):
    page = _page(admin_client)
    names = re.findall(r'<h2 id="section-\w+">(\w+)</h2>', page)
    assert names == ["Review", "Sheets", "Models", "People", "System"]
    listed = page[page.index('class="sections"') :]
    assert all(f"/admin/{model._meta.label_lower.replace('.', '/')}/" in listed for model in admin.site._registry)


def test_canceled_drawings_do_not_count(admin_client, alice):
    lifecycle.cancel(Submission.objects.filter(pk=make_submission(alice).pk))
    assert "0 drawings in 24 hours" in _page(admin_client)


def test_scheduled_tasks_are_shown_with_what_is_wrong_with_them(client):
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    assert "Nothing was ever run by the clock" in client.get("/admin/").text
    ScheduledRun.objects.create(name=ScheduledTask.MAIL, started_at=Now(), finished_at=Now(), took_ms=1_200, done=1_234)
    long_ago = Now() - timedelta(hours=1)
    ScheduledRun.objects.create(name=ScheduledTask.KEYS, due_at=long_ago, error="ValueError: disk full")
    ScheduledRun.objects.create(
        name=ScheduledTask.GUESTS, due_at=Now() + timedelta(hours=1), started_at=long_ago, lease_until=long_ago
    )
    page = client.get("/admin/").text
    assert all(text in page for text in ("Delete old mail", "1.2", "1,234", "ValueError: disk full"))
    assert page.count("late: does beat run") == page.count("ended with its worker") == 1
    listed = client.get("/admin/predictions/scheduledrun/").text
    assert "Delete old mail" in listed and "ValueError: disk full" in listed
    assert client.get(f"/admin/predictions/scheduledrun/{ScheduledTask.KEYS}/change/").status_code == 200
