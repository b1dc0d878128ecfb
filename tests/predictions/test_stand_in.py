"""After an upgrade, a version that a person promoted for older code stays live, and the shipped one reads in its place.

Older workers beside go on with the live one, and every prediction names the version that read it.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse

from ml.types import PREPROCESSING_VERSION, DigitReading, Reading, Verdict
from predictions import artifact_sets, claims, comparisons, health, lifecycle, registry
from predictions.comparisons import GOLDEN, REVIEWED, Findings, Tally
from predictions.models import Comparison, Job, Prediction, Status, WorkerSeen
from predictions.worker import comparison, jobs, model_cache, recognize, watch
from tests.factories import (
    make_artifacts,
    make_job,
    make_measures,
    make_old_version,
    make_reviewer,
    make_submission,
    make_user,
    make_version,
    read_one,
)
from tests.predictions.stubs import StubReader

pytestmark = pytest.mark.django_db
ALIKE = {GOLDEN: Tally(500, 500), REVIEWED: Tally()}


@pytest.fixture(autouse=True)
def new_process(monkeypatch):
    """Begin with nothing loaded, as a worker that has just been upgraded."""
    for name, value in {"_loaded": None, "_other": None, "_refused": {}, "_stand_in": "", "_slow": None}.items():
        monkeypatch.setattr(model_cache, name, value)


@pytest.fixture
def old():
    """Return the live version, which a person promoted for older code."""
    return make_old_version()


@pytest.fixture
def shipped(old):
    """Return the version that the upgrade installed."""
    return registry.install_shipped()


class TestWorker:
    def test_it_reads_with_the_shipped_version_and_each_prediction_says_so(self, shipped):
        row = make_submission(make_user("alice"))
        assert recognize.recognize_batch() == 1
        prediction = Prediction.objects.get(submission=row)
        assert (prediction.reading["text"], prediction.model_version) == ("7", shipped)

    def test_it_logs_once_and_tells_in_every_heartbeat(self, shipped, old, caplog):
        for _ in range(3):
            watch.note_seen()
        seen = WorkerSeen.objects.get()
        assert seen.model_version == shipped
        assert seen.trouble.startswith("old-1 cannot be used: it was trained with preprocessing ink-0")
        assert seen.trouble.endswith(f"{shipped.name} reads in its place")
        assert [one.levelname for one in caplog.records if "old-1 cannot be used" in one.message] == ["WARNING"]
        registry.promote(shipped, make_user("carol"))
        watch.note_seen()
        assert WorkerSeen.objects.get().trouble == ""

    def test_it_says_if_the_live_version_only_lacks_a_line_recognizer(self):
        make_old_version(preprocessing=PREPROCESSING_VERSION)
        registry.install_shipped()
        watch.note_seen()
        assert "it has no line recognizer" in WorkerSeen.objects.get().trouble

    def test_all_of_them_read_with_the_same_version_whatever_they_had_before(self, shipped, monkeypatch):
        before = model_cache.Loaded(make_version("before", b"before", is_live=False), StubReader())
        monkeypatch.setattr(model_cache, "_loaded", before)
        assert model_cache.live().version == shipped

    def test_it_takes_nothing_if_the_shipped_version_was_tampered_with(self, shipped):
        shipped.artifacts.filter(format="line-litert").delete()
        row = make_submission()
        with pytest.raises(model_cache.CannotLoad, match="not those that were registered"):
            recognize.recognize_batch()
        row.refresh_from_db()
        assert (row.status, row.attempts) == (Status.QUEUED, 0)

    def test_it_follows_a_promotion_and_a_rollback_of_the_whole_set(self, shipped, monkeypatch):
        found = {}

        def load(artifacts, *_):
            found[artifacts[0].name] = {one.format: one.data for one in artifacts}
            return StubReader()

        monkeypatch.setattr(model_cache, "load_reader", load)
        networks = {
            name: {"litert": f"digits of {name}".encode(), "line-litert": f"lines of {name}".encode()} for name in "ab"
        }
        a, b = (registry.register(make_artifacts(name, networks[name])) for name in "ab")
        for version in (a, b, a):
            registry.promote(version, by=None)
            assert model_cache.live().version == version
        assert found == networks and registry.previous() == b

    def test_it_explains_readings_by_an_older_version(self, shipped, old):
        row = make_submission(make_user("alice"))
        assert recognize.recognize_batch() == 1
        card = shipped.card | {"name": "former", "preprocessing": "ink-0"}
        digits = [one for one in artifact_sets.load(shipped, ["litert", "line-litert"]) if one.format == "litert"]
        former = registry.register([replace(one, name="former", card=card) for one in digits])
        Prediction.objects.update(model_version=former)
        job = make_job(row, "explain", former)
        assert jobs.run_next() == 1
        job.refresh_from_db()
        assert job.result["digits"][0]["digit"] == 7


class OldWorker:
    """A worker of the code before the upgrade: it reads with the live version and has another preprocessing."""

    def __init__(self, version):
        self.version = version

    def recognize(self):
        """Claim and read one drawing, as code from before migration 0014 does; return whether there was any."""
        guess = DigitReading(7, 0.9, (0.1,) * 10, (0, 0, 1, 1), bytes(784))
        with claims.claimed(1) as rows:
            for row in rows:
                reading = Reading("7", Verdict.DIGIT, 0.9, (guess,), "ink-0 line-0").as_dict()
                columns = {"runtime": "litert", "device": "cpu", "worker": "old", "batch_size": 1}
                columns |= {"queued_at": row.queued_at, "started_at": row.started_at}
                names = {"model_version": self.version, "preprocessing": reading["preprocessing"]}
                lifecycle.succeed(row, Prediction(submission=row, reading=reading, **names, **columns))
            return bool(rows)

    def candidates(self):
        """Return the candidates of the comparisons that it would claim."""
        rows = Comparison.objects.waiting().filter(candidate__preprocessing=self.version.preprocessing)
        return [row.candidate for row in rows]

    def jobs(self):
        """Return the jobs that it would claim: all."""
        return list(Job.objects.waiting())


class TestOldAndNewWorkersSideBySide:
    @pytest.fixture
    def before(self, old):
        return OldWorker(old)

    def test_both_go_on_reading_each_with_its_own_version(self, shipped, old, before, settings):
        settings.BATCH_LIMIT = 1
        alice = make_user("alice")
        for _ in range(6):
            make_submission(alice)
        for _ in range(3):
            assert before.recognize() and recognize.recognize_batch() == 1
        names = Prediction.objects.order_by("pk").values_list("model_version__name", "preprocessing")
        assert [name for name, _ in names] == ["old-1", shipped.name] * 3
        assert all(how.startswith("ink-0" if name == "old-1" else PREPROCESSING_VERSION) for name, how in names)
        assert not alice.submissions.exclude(status=Status.SUCCEEDED).exists()

    def test_each_is_compared_by_those_that_can_read_with_it(self, shipped, old, before):
        older = registry.register(make_artifacts("older", {"litert": b"older"}, preprocessing="ink-0"))
        newer = make_version("newer", b"newer", is_live=False)
        Comparison.objects.create(candidate=older, rival=old)  # as the pages of the older code queue it
        assert before.candidates() == [older]
        with claims.claimed_comparison() as rows:
            assert [(row.candidate, row.rival) for row in rows] == [(newer, shipped)]
            with claims.claimed_comparison() as others:
                assert others == [], "the older one's is left to older workers"

    def test_a_reading_again_by_the_old_version_is_left_to_old_workers_for_a_while(self, shipped, old, before):
        row = make_submission(make_user("alice"))
        assert recognize.recognize_batch() == 1
        job = make_job(row, "read_again", old)
        assert jobs.run_next() == 0 and before.jobs() == [job]
        job.refresh_from_db()
        assert (job.status, job.attempts) == (Status.QUEUED, 0)
        Job.objects.update(queued_at=Now() - timedelta(minutes=2))
        assert jobs.run_next() == 1
        job.refresh_from_db()
        assert (job.status, job.error_code, job.attempts) == (Status.FAILED, "no_model", 1)

    def test_people_read_again_with_the_version_that_reads(self, shipped, old, api, alice):
        row = read_one(alice)
        assert Prediction.objects.get().model_version == old
        answer = api.post(f"/api/v1/submissions/{row.id}/read-again/")
        assert (answer.status_code, answer.json()["model"]["version"]) == (202, shipped.name)
        assert jobs.run_next() == 1
        assert Prediction.objects.latest("pk").model_version == shipped

    def test_the_new_column_is_filled_when_older_code_registers_a_version(self, shipped):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO predictions_modelversion (name, sha256, preprocessing, card, is_shipped, is_live)"
                " VALUES ('by older code', 'x', 'ink-0', '{}', false, false)"
            )
        assert not type(shipped).objects.get(name="by older code").is_readable


class TestOperators:
    @pytest.fixture
    def page(self, client):
        """Return a function that fetches a page of the admin site as words."""

        def fetch(user, path="/admin/"):
            client.force_login(user)
            return " ".join(client.get(path).content.decode().split())

        return fetch

    @pytest.mark.parametrize("path", ["/admin/", "/admin/predictions/modelversion/"])
    def test_they_see_what_reads_and_promote_it_with_one_click(self, page, client, admin_user, shipped, old, path):
        said = page(admin_user, path)
        assert "The live model old-1 was made for another version of this service" in said
        assert f"{shipped.name}, which ships with this version, reads in its place" in said
        action = reverse("admin:predictions_modelversion_compare", args=[shipped.pk])
        assert f'action="{action}"' in said and f'value="{old.pk}"> Promote {shipped.name}' in said
        answer = client.post(action, {"promote": old.pk}, follow=True)
        assert f"The model {shipped.name} is now live." in answer.content.decode()
        assert registry.live_version() == shipped
        assert "was made for another version" not in page(admin_user, path)

    def test_who_may_not_promote_has_no_button(self, page, shipped):
        carol = make_reviewer()
        assert "was made for another version" not in page(carol)
        from django.contrib.auth.models import Permission

        carol.user_permissions.add(Permission.objects.get(codename="view_modelversion"))
        assert "was made for another version" in page(carol)
        assert 'name="promote"' not in page(carol)

    def test_nothing_is_said_while_the_live_version_reads_or_none_is_live(self, page, admin_user):
        assert "in its place" not in page(admin_user)
        registry.install_shipped()
        assert "in its place" not in page(admin_user)

    def test_the_status_says_so(self, client, settings, shipped, old, monkeypatch):
        settings.STATUS_TOKEN = "a long secret"

        def status():
            monkeypatch.setattr(health, "_report_expires", 0.0)
            return client.get("/health/status", headers={"Authorization": "Bearer a long secret"}).json()

        watch.note_seen()
        told = status()
        assert {"model_outdated", "model_refused"} <= set(told["wrong"]) and told["live"] == "old-1"
        assert [one["model"] for one in told["workers"]] == [shipped.name]
        registry.promote(shipped, by=None)
        watch.note_seen()
        told = status()
        assert not {"model_outdated", "model_refused"} & set(told["wrong"]) and told["live"] == shipped.name

    def test_the_command_that_installs_says_how_to_promote(self, old, capsys):
        call_command("install_model")
        said = capsys.readouterr().out
        assert "old-1 is live" in said and "reads in its place" in said and "manage.py promote" in said

    def test_everybody_sees_whose_figures_these_are(self, client, shipped):
        said = " ".join(client.get(reverse("model")).content.decode().split())
        assert "The live model old-1 was made for another version" in said
        assert f"<strong>{shipped.name}</strong> reads in its place" in said
        assert shipped.card["sha256"]["line-litert"] in said

    def test_another_candidate_is_compared_with_what_reads(self, page, client, admin_user, shipped, old):
        newer = make_version("newer", b"newer", is_live=False)
        url = reverse("admin:predictions_modelversion_compare", args=[newer.pk])
        assert 'name="promote"' not in page(admin_user, url)
        measures = make_measures().as_dict()
        Comparison.objects.update(figures=comparisons.as_figures(ALIKE), measures=measures, finished_at=Now())
        said = page(admin_user, url)
        assert f"old-1 is live, but the workers of this version cannot use it. {shipped.name} reads" in said
        client.post(url, {"promote": old.pk})
        assert registry.live_version() == newer

    def test_the_command_compares_with_what_reads(self, shipped, old, admin_user, monkeypatch):
        newer, seen = make_version("newer", b"newer", is_live=False), []
        monkeypatch.setattr(comparison, "compare", lambda *both: seen.append(both) or Findings(ALIKE, make_measures()))
        call_command("promote", "newer", by="admin", dry_run=True)
        assert seen == [(newer, shipped)]
        call_command("promote", shipped.name, by="admin")
        assert len(seen) == 1 and registry.live_version() == shipped

    def test_a_version_without_a_line_recognizer_is_not_promoted(self, page, client, admin_user, shipped, old):
        lacking = registry.register(make_artifacts("lacking", {"litert": b"lacking"}))
        url = reverse("admin:predictions_modelversion_compare", args=[lacking.pk])
        assert "lacking has no line recognizer" in page(admin_user, url)
        client.post(url, {"promote": old.pk})
        assert registry.live_version() == old

    def test_they_see_all_networks_of_a_version(self, page, admin_user, shipped):
        said = page(admin_user, reverse("admin:predictions_modelversion_change", args=[shipped.pk]))
        assert "Line recognizer, LiteRT" in said
        assert all(sha256 in said for sha256 in shipped.card["sha256"].values())
        newer = make_version("newer", b"newer", is_live=False)
        registry.promote(shipped, by=None)
        said = page(admin_user, reverse("admin:predictions_modelversion_compare", args=[newer.pk]))
        assert shipped.card["sha256"]["line-litert"][:12] in said


def test_the_reader_of_a_worker_has_both_networks_of_its_version(shipped):
    reader = model_cache.live().reader
    assert reader.network.runtime == "litert" and reader.line_recognizer is not None
    assert reader.read([]) == []
