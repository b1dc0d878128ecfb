"""The next version runs next to this one on the migrated database, and no client notices."""

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from local import venv
from local.paths import ROOT
from ml.artifacts import shipped_name
from ml.golden import golden_drawing
from ml.types import PREPROCESSING_VERSION
from tests.site import Site, free_port, open_site
from tests.twin import NAME, write_twin

pytestmark = [pytest.mark.worker, pytest.mark.long, pytest.mark.timeout(300)]
URL = "/api/v1/submissions/"
EACH = 20
NEXT_MODEL, NEXT_PREPROCESSING = "inkling-next", "ink-next"
UNFINISHED = "SELECT count(*) FROM predictions_submission WHERE status IN ('queued', 'running')"
FIELD = "rehearsed = models.IntegerField(db_default=7)"
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictions", "%s")]
    operations = [migrations.AddField("submission", "rehearsed", models.IntegerField(db_default=7))]
"""


def _copy_code(folder: Path) -> None:
    for name in ("accounts", "config", "ml", "predictions", "templates", "static", "locale"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", folder)


def make_next_version(folder: Path) -> Path:
    """Copy the code to `folder` and add a column to submissions, as a next version would."""
    _copy_code(folder)
    migrations = folder / "predictions" / "migrations"
    last = max(migrations.glob("[0-9]*.py")).stem
    number = int(last[:4]) + 1
    (migrations / f"{number:04}_rehearsed.py").write_text(MIGRATION % last)
    models = folder / "predictions" / "models" / "submissions.py"
    before, first, after = models.read_text().partition("    key = models.BigAutoField")
    assert first, "the model of a submission starts differently"
    models.write_text(f"{before}    {FIELD}\n{first}{after}")
    return folder


def make_version_with_another_preprocessing(folder: Path) -> Path:
    """Copy the code to `folder`, with another preprocessing version and a model of its own."""
    _copy_code(folder)
    types = folder / "ml" / "types.py"
    changed = types.read_text().replace(f'"{PREPROCESSING_VERSION}"', f'"{NEXT_PREPROCESSING}"')
    assert NEXT_PREPROCESSING in changed
    types.write_text(changed)
    shipped = folder / "ml" / "shipped"
    for path in shipped.iterdir():
        path.rename(path.with_name(path.name.replace(shipped_name(), NEXT_MODEL)))
    card = shipped / f"{NEXT_MODEL}.json"
    changes = {"name": NEXT_MODEL, "preprocessing": NEXT_PREPROCESSING}
    card.write_text(json.dumps(json.loads(card.read_text()) | changes))
    return folder


def manage_next(site: Site, code: Path, *words: str) -> str:
    """Run a management command of `code`; return what it printed."""
    status, said = site.supervisor.run("manage-next", [str(venv.PYTHON), "manage.py", *words], site.env, code)
    assert status == 0, site.supervisor.tail("manage-next")
    return said


def is_serving(site: Site, url: str) -> bool:
    """Return True if the next version's web process and worker are up."""
    try:
        ready = requests.get(f"{url}/health/ready", timeout=2).ok
    except requests.RequestException:
        return False
    return ready and bool(site.query("SELECT 1 FROM predictions_workerseen WHERE code = 'next'"))


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
        assert "_rehearsed... OK" in manage_next(site, code, "migrate", "--no-input")
        other = start_next(site, code)
        site.wait_until(lambda: is_serving(site, other), 60)
        headers = {"Authorization": f"Token {site.token()}"}
        answers = Counter[int]()
        for number in range(EACH):
            for url in (site.url, other):
                answer = requests.post(url + URL, json=golden_drawing(number % 10, 1), headers=headers, timeout=30)
                answers[answer.status_code] += 1
        site.wait_until(lambda: site.query(UNFINISHED) == [(0,)], 60)
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


def _readers_of_new_drawings(site: Site) -> dict[str, str]:
    """Send drawings until both workers have read some; return the version that each worker read with."""
    [[last]] = site.query("SELECT coalesce(max(id), 0) FROM predictions_prediction")
    query = "SELECT DISTINCT p.worker, v.name FROM predictions_prediction p"
    query += " JOIN predictions_modelversion v ON v.id = p.model_version_id WHERE p.id > %s"

    def have_both_read() -> bool:
        assert site.request("POST", URL, json=golden_drawing(7, 1)).status_code == 202
        return len({worker for worker, _ in site.query(query, last)}) == 2

    site.wait_until(have_both_read, 60)
    site.wait_until(lambda: site.query(UNFINISHED) == [(0,)], 60)
    rows = site.query(query, last)
    assert len(rows) == 2, "each worker reads with one version"
    return dict(rows)


def test_both_versions_read_on_though_the_promoted_model_was_made_for_this_one(tmp_path):
    code = make_version_with_another_preprocessing(tmp_path / "next")
    with open_site(BATCH_LIMIT="1", BULK_BATCH_LIMIT="1") as site:
        site.manage("register_model", str(write_twin(tmp_path)))
        site.manage("promote", NAME, "--by", "admin")
        said = manage_next(site, code, "install_model")
        assert f"{NAME} was made for other code, so {NEXT_MODEL} reads in its place" in said
        other = start_next(site, code)
        site.wait_until(lambda: is_serving(site, other), 60)
        assert _readers_of_new_drawings(site) == {"worker-1": NAME, "worker-next": NEXT_MODEL}
        troubles = dict(site.query("SELECT name, trouble FROM predictions_workerseen"))
        assert troubles["worker-1"] == "" and f"{NAME} cannot be used" in troubles["worker-next"]
        manage_next(site, code, "promote", NEXT_MODEL, "--by", "admin")
        in_trouble = "SELECT name FROM predictions_workerseen WHERE trouble <> ''"
        site.wait_until(lambda: site.query(in_trouble) == [("worker-1",)], 60)
        assert _readers_of_new_drawings(site) == {"worker-1": shipped_name(), "worker-next": NEXT_MODEL}
        assert site.query("SELECT count(*) FROM predictions_submission WHERE status <> 'succeeded'") == [(0,)]
