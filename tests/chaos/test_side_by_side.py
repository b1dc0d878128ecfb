"""The next version runs next to this one on the migrated database, and no client notices."""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from local import venv
from local.paths import ROOT
from ml.golden import golden_drawing
from tests.site import Site, free_port, open_site

pytestmark = [pytest.mark.worker, pytest.mark.long, pytest.mark.timeout(300)]
URL = "/api/v1/submissions/"
EACH = 20
FIELD = "rehearsed = models.IntegerField(db_default=7)"
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictions", "%s")]
    operations = [migrations.AddField("submission", "rehearsed", models.IntegerField(db_default=7))]
"""


def make_next_version(folder: Path) -> Path:
    """Copy the code to `folder` and add a column to submissions, as a next version would."""
    for name in ("accounts", "config", "ml", "predictions", "templates", "static", "locale"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", folder)
    migrations = folder / "predictions" / "migrations"
    last = max(migrations.glob("[0-9]*.py")).stem
    number = int(last[:4]) + 1
    (migrations / f"{number:04}_rehearsed.py").write_text(MIGRATION % last)
    models = folder / "predictions" / "models" / "submissions.py"
    before, first, after = models.read_text().partition("    key = models.BigAutoField")
    assert first, "the model of a submission starts differently"
    models.write_text(f"{before}    {FIELD}\n{first}{after}")
    return folder


def start_next(site: Site, code: Path) -> str:
    """Start a web process and a worker of `code` next to those that run; return the new web's URL."""
    port = free_port()
    env = {"CODE_VERSION": "next"}
    for name, other in (("web", "web-next"), ("worker-1", "worker-next")):
        service = site.service(name)
        command = [word.replace(name, other) if "=" in word else word for word in service.command]
        command = [f"127.0.0.1:{port}" if word.startswith("127.0.0.1:") else word for word in command]
        own = service.env | env | ({"WORKER_NAME": other} if "WORKER_NAME" in service.env else {})
        site.supervisor.start(replace(service, name=other, command=command, env=own, cwd=code, process=None))
    return f"http://127.0.0.1:{port}"


def test_this_version_and_a_next_with_one_more_column_serve_side_by_side(tmp_path):
    code = make_next_version(tmp_path / "next")
    with open_site(BATCH_LIMIT="1", BULK_BATCH_LIMIT="1") as site:
        before = [site.request("POST", URL, json=golden_drawing(3, 3)).json()["id"] for _ in range(EACH)]
        command = [str(venv.PYTHON), "manage.py", "migrate", "--no-input"]
        status, said = site.supervisor.run("migrate-next", command, site.env, code)
        assert status == 0, site.supervisor.tail("migrate-next")
        assert "_rehearsed... OK" in said
        other = start_next(site, code)

        def is_ready() -> bool:
            try:
                ready = requests.get(f"{other}/health/ready", timeout=2).ok
            except requests.RequestException:
                return False
            return ready and bool(site.query("SELECT 1 FROM predictions_workerseen WHERE code = 'next'"))

        site.wait_until(is_ready, 60)
        headers = {"Authorization": f"Token {site.token()}"}
        answers = Counter[int]()
        for number in range(EACH):
            for url in (site.url, other):
                answer = requests.post(url + URL, json=golden_drawing(number % 10, 1), headers=headers, timeout=30)
                answers[answer.status_code] += 1
        unfinished = "SELECT count(*) FROM predictions_submission WHERE status IN ('queued', 'running')"
        site.wait_until(lambda: site.query(unfinished) == [(0,)], 60)
        readers = dict(
            site.query(
                "SELECT p.worker, count(*) FROM predictions_prediction p JOIN predictions_submission s"
                " ON s.key = p.submission_id WHERE s.owner_id IS NOT NULL AND s.status = 'succeeded' GROUP BY 1"
            )
        )
        print(f"{dict(answers)}; read by {readers}")
        assert answers == {202: 2 * EACH}
        assert sum(readers.values()) == 3 * EACH
        assert set(readers) == {"worker-1", "worker-next"}
        assert site.query("SELECT DISTINCT rehearsed FROM predictions_submission") == [(7,)]
        for url in (site.url, other):
            assert requests.get(f"{url}{URL}{before[0]}/", headers=headers, timeout=30).json()["status"] == "succeeded"
