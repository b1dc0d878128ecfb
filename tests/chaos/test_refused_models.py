"""Models that somebody made or changed to do harm, against a real worker: refused, and the version before serves."""

import base64
from pathlib import Path

import pytest

from ml.golden import golden_drawing
from tests.bad_networks import MARK, pickled
from tests.site import open_site
from tests.twin import NAME, SHIPPED_CARD, write_twin

pytestmark = [pytest.mark.worker, pytest.mark.long, pytest.mark.timeout(400)]  # a site of its own, four restarts: 90 s
SHIPPED_NAME = SHIPPED_CARD.stem
WAITS_S = 90
ARTIFACT = "UPDATE predictions_modelartifact SET {} WHERE format = 'litert' AND version_id = %s"
SIGN_A_PICKLE = """
import base64, hashlib
from predictions import artifact_sets
from predictions.models import ModelVersion
version = ModelVersion.objects.get(name="twin")
data = base64.b64decode({pickled!r})
artifacts = artifact_sets.load_all(version)
bad = [a if a.format != "litert" else type(a)(a.name, a.format, data, hashlib.sha256(data).hexdigest(), a.card)
       for a in artifacts]
artifact_sets.store(version, bad)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with open_site(workers=1) as site:
        site.manage("register_model", str(write_twin(tmp_path_factory.mktemp("twin"))))
        [[site.twin]] = site.query("SELECT id FROM predictions_modelversion WHERE name = %s", NAME)
        yield site


def _tamper(site, how):
    if how == "a signed pickle":
        code = SIGN_A_PICKLE.format(pickled=base64.b64encode(pickled()).decode())
        site.manage("shell", "--no-imports", "-c", code)
        return
    changes = {
        "bytes": "data = 'evil'",
        "bytes and sha256": "data = 'evil', sha256 = encode(sha256('evil'), 'hex')",
        "no signature": "signature = ''",
    }
    site.execute(ARTIFACT.format(changes[how]), site.twin)


def _go_live(site, name):
    site.execute("UPDATE predictions_modelversion SET is_live = false")
    site.execute("UPDATE predictions_modelversion SET is_live = true WHERE name = %s", name)


def _reader(site):
    """Return which version reads a drawing now."""
    answer = site.request("POST", "/api/v1/submissions/", json=golden_drawing(7, seed=1), headers={"Prefer": "wait=10"})
    assert answer.status_code == 201, answer.text
    return answer.json()["result"]["model"]["version"]


def _trouble(site):
    [[trouble]] = site.query("SELECT trouble FROM predictions_workerseen ORDER BY seen_at DESC LIMIT 1")
    return trouble


@pytest.mark.parametrize("how", ["bytes", "bytes and sha256", "no signature", "a signed pickle"])
def test_a_worker_and_its_successor_refuse_it_and_the_version_before_serves(site, how):
    _tamper(site, how)
    _go_live(site, NAME)
    site.wait_until(lambda: f"{NAME} cannot be used" in _trouble(site), WAITS_S)
    assert _reader(site) == SHIPPED_NAME
    before = site.service("worker-1").process.pid
    site.kill("worker-1")
    site.execute("DELETE FROM predictions_workerseen")
    seen = "SELECT 1 FROM predictions_workerseen WHERE trouble <> ''"
    site.wait_until(lambda: bool(site.query(seen)), WAITS_S)
    assert site.service("worker-1").process.pid != before
    assert f"{NAME} cannot be used" in _trouble(site)
    assert _reader(site) == SHIPPED_NAME
    assert "in place of twin" in site.supervisor.tail("worker-1", lines=80)
    assert not Path(MARK).exists() and not Path("/", MARK).exists()
    _go_live(site, SHIPPED_NAME)
    site.wait_until(lambda: _trouble(site) == "", WAITS_S)
    site.manage("register_model", str(_twin_again(site)))
    _go_live(site, SHIPPED_NAME)


def _twin_again(site):
    """Return the card of the twin, to store again what was changed, as an operator would."""
    folder = site.supervisor.logs.parent / "twin"
    folder.mkdir(exist_ok=True)
    return write_twin(folder)
