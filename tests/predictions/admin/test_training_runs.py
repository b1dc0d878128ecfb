"""Training runs in the admin: who may start and cancel one, and what the page of a run shows."""

import pytest

from predictions.models import Status, TrainingRun
from predictions.services.candidates import retraining
from tests.factories import make_reviewer, make_version

pytestmark = pytest.mark.django_db
LIST = "/admin/predictions/trainingrun/"
BEGIN = f"{LIST}begin/"


@pytest.fixture
def run(admin_user):
    make_version()
    return retraining.start(admin_user)


def page(client, address=LIST, **options):
    return client.get(address, **options).content.decode()


def test_an_admin_starts_a_run(admin_client, admin_user):
    make_version()
    assert BEGIN in page(admin_client)
    assert "0 drawings that may be used for training were reviewed" in page(admin_client, BEGIN)
    answer = admin_client.post(BEGIN, follow=True)
    run = TrainingRun.objects.get()
    assert run.requested_by == admin_user and answer.redirect_chain[-1][0] == f"{LIST}{run.pk}/change/"
    assert "reloads by itself" in answer.content.decode()


def test_a_second_run_is_refused_with_a_reason(admin_client, run):
    answer = admin_client.post(BEGIN, follow=True)
    assert "Another training run is not finished yet." in answer.content.decode()
    assert TrainingRun.objects.count() == 1


def test_a_run_can_be_canceled_once(admin_client, run):
    cancel = f"{LIST}{run.pk}/cancel/"
    admin_client.get(cancel)
    run.refresh_from_db()
    assert run.status == Status.QUEUED
    assert "was canceled" in admin_client.post(cancel, follow=True).content.decode()
    assert "finished already" in admin_client.post(cancel, follow=True).content.decode()
    run.refresh_from_db()
    assert run.status == Status.CANCELED


def test_the_page_of_a_run_shows_what_it_is_trained_on_its_curves_and_its_log(admin_client, run):
    TrainingRun.objects.update(
        counts={"inputs": 812, "writers": 9, "sha256": "00"},
        curves={"loss": [0.5, 0.25], "reviewed": [0.4, 0.95]},
        log="12:00:00 epoch 1 of 2\n",
        progress=0.45,
    )
    shown = page(admin_client, f"{LIST}{run.pk}/change/")
    assert "812" in shown and "0.250" in shown and "95.00%" in shown and "12:00:00 epoch 1 of 2" in shown
    assert 'value="0.45"' in shown and shown.count("<polyline") == 2 and "45%" in shown


def test_a_reviewer_can_neither_start_nor_cancel_one(client, run):
    client.force_login(make_reviewer())
    for address in (BEGIN, f"{LIST}{run.pk}/cancel/"):
        assert client.post(address).status_code == 403
    run.refresh_from_db()
    assert run.status == Status.QUEUED


def test_a_run_that_no_trainer_takes_says_how_to_start_one(admin_client, run):
    TrainingRun.objects.update(queued_at="2026-01-01T00:00Z")
    assert "TRAINER=1 make run" in page(admin_client, f"{LIST}{run.pk}/change/")
