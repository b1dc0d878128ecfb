"""The admin's status page: what the doctor finds in groups, and buttons that ask first, each in the audit log."""

import re

import pytest
from django.db.models.functions import Now

from accounts import roles
from accounts.models import AuditEvent
from predictions.models import ErrorCode, Lane, PausedLane, ScheduledRun, ScheduledTask, Submission, WorkerSeen
from predictions.services.overview import failed
from tests.factories import make_reviewer, make_submission, make_user

PAGE, TASK, RETRY = "/admin/status/", "/admin/status/tasks/sessions/", "/admin/status/retry/"


@pytest.fixture
def alice(db):
    return make_user("alice")


def _fail(owner, code=ErrorCode.GAVE_UP, **columns):
    row = make_submission(owner)
    columns = {"status": "failed", "error_code": code, "attempts": 3, "finished_at": Now()} | columns
    Submission.objects.filter(pk=row.pk).update(**columns)
    return row


def _state(page, name):
    found = re.search(rf'data-check="{name}">.*?data-state="(\w+)"', page, re.DOTALL)
    return found[1] if found else None


@pytest.mark.django_db(transaction=True)
def test_it_shows_each_check_with_state_and_remedy_though_redis_is_down(admin_client, settings, tmp_path):
    settings.REDIS_URL = f"unix://:hidden-password@{tmp_path}/redis.sock?db=0"
    WorkerSeen.objects.create(name="one", device="cpu", code="dev", clock_ahead_s=86_400)
    page = admin_client.get(PAGE).content.decode()
    states = {name: _state(page, name) for name in ("database", "redis", "workers", "clocks", "live_model", "wakeup")}
    assert states == {
        "database": "ok",
        "redis": "failing",
        "workers": "ok",
        "clocks": "failing",
        "live_model": "failing",
        "wakeup": "skipped",
    }
    assert "Start Redis (docker compose up -d redis)" in page and "86400 s ahead" in page
    assert "hidden-password" not in page and settings.SECRET_KEY not in page
    assert not Submission.objects.exists()  # a GET sends no golden digit


@pytest.mark.django_db(transaction=True)
def test_it_speaks_german(admin_client):
    page = admin_client.get(PAGE, headers={"Accept-Language": "de"}).content.decode()
    assert "Es läuft kein Worker" in page and "Starte Worker" in page


def test_a_scheduled_task_runs_only_once_it_is_confirmed(admin_client, admin_user):
    assert "confirmed" in admin_client.get(TASK).content.decode()
    assert "confirmed" in admin_client.post(TASK).content.decode()
    assert not ScheduledRun.objects.filter(asked_at__isnull=False).exists()
    answer = admin_client.post(TASK, {"confirmed": "1"}, follow=True)
    assert "a worker runs it now" in answer.content.decode()
    assert ScheduledRun.objects.get(asked_at__isnull=False).name == ScheduledTask.SESSIONS
    event = AuditEvent.objects.get(action="task.asked")
    assert (event.actor, event.target) == (admin_user, "sessions")
    assert "somebody has asked for it" in admin_client.post(TASK, {"confirmed": "1"}, follow=True).content.decode()
    assert admin_client.post("/admin/status/tasks/nothing/", {"confirmed": "1"}).status_code == 404


def test_what_failed_by_our_fault_is_put_back_and_nothing_else(admin_client, admin_user, alice):
    ours = [_fail(alice), _fail(alice, ErrorCode.NO_MODEL)]
    _fail(alice, ErrorCode.BLANK), _fail(alice, ErrorCode.DEADLINE)
    _fail(alice, deleted_at=Now()), _fail(alice, superseded_at=Now()), _fail(None)
    assert "Read 2 failed drawings again?" in admin_client.post(RETRY).content.decode()
    assert not Submission.objects.filter(status="queued").exists()
    answer = admin_client.post(RETRY, {"confirmed": "1"}, follow=True)
    assert "2 drawings are in the queue again." in answer.content.decode()
    queued = Submission.objects.filter(status="queued").values_list(
        "pk", "lane", "attempts", "error_code", "finished_at"
    )
    assert sorted(queued) == [(row.pk, Lane.BULK, 0, "", None) for row in ours]
    event = AuditEvent.objects.get(action="submissions.retried")
    assert (event.actor, event.details) == (admin_user, {"count": 2})
    assert "0 drawings" in admin_client.post(RETRY, {"confirmed": "1"}, follow=True).content.decode()
    assert AuditEvent.objects.filter(action="submissions.retried").count() == 1


def test_so_many_are_put_back_at_once(alice, monkeypatch):
    monkeypatch.setattr(failed, "MOST", 2)
    rows = [_fail(alice) for _ in range(3)]
    assert (failed.count_failed(), failed.retry_failed(alice)) == (3, 2)
    assert [row.pk for row in Submission.objects.filter(status="failed")] == [rows[0].pk]  # the oldest is left


def test_a_lane_is_paused_from_here_and_leads_back(admin_client):
    ScheduledRun.objects.create(name=ScheduledTask.SESSIONS)
    page = admin_client.get(PAGE).content.decode()
    assert 'action="/admin/lanes/bulk/"' in page and 'name="from_status"' in page
    answer = admin_client.post("/admin/lanes/bulk/", {"pause": "1", "from_status": "1"})
    assert answer.url == PAGE and PausedLane.objects.get().lane == "bulk"


def test_reviewers_see_and_press_nothing(client, db):
    roles.make_roles()
    client.force_login(make_reviewer())
    assert [client.get(path).status_code for path in (PAGE, TASK, RETRY)] == [403] * 3
    assert [client.post(path, {"confirmed": "1"}).status_code for path in (TASK, RETRY)] == [403] * 2


def test_who_may_only_look_gets_no_buttons(client, db):
    roles.make_roles()
    watcher = make_reviewer("watcher")
    watcher.user_permissions.add(*type(watcher.user_permissions.first()).objects.filter(codename="view_workerseen"))
    client.force_login(watcher)
    page = client.get(PAGE).content.decode()
    assert 'data-check="workers"' in page and RETRY not in page and "/admin/lanes/" not in page
    assert client.post(RETRY, {"confirmed": "1"}).status_code == 403
