"""The whole loop on a real site: a style that is not read, reviewed by keys, trained on, judged, and promoted."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, StorageState, expect

from local import venv
from local.paths import ROOT
from local.supervisor import Service
from ml.golden import golden_drawing
from tests.browser.admin_site import SUPERUSER
from tests.browser.conftest import OpenPage
from tests.browser.reviewing import open_review_mode, press
from tests.curly import curly_drawing
from tests.site import Site

pytestmark = [pytest.mark.long(reason="trains a network: five minutes"), pytest.mark.timeout(1_200)]
DRAWINGS, WRITERS = 300, 10
OTHERS = range(2_000, 2_400)  # seeds of drawings in the style that is read already
FRESH = range(5_000, 5_100)  # seeds of drawings in the new style that nobody reviews
SHADOWED = range(6_000, 6_100)  # seeds of drawings of which a share is read in shadow
BUDGET = ("--epochs", "4", "--images", "6000")
MAKE_WRITERS = """
import json
from accounts.models import User
from accounts.tokens import create_token
from predictions.services.reviewed_set import split_of
wanted = {"train": 8, "validation": 1, "test": 1}
tokens, number = [], 0
while len(tokens) < sum(wanted.values()):
    number += 1
    user = User.objects.create_user(f"writer-{number}", may_train=True, reads_live=False)
    if sum(split_of(pk) == split_of(user.pk) for pk, _ in tokens) < wanted[split_of(user.pk)]:
        tokens.append((user.pk, create_token(user)))
print(json.dumps([token for _, token in tokens]))
"""
QUIET = "UPDATE predictions_submission SET verdict = 'digit', confidence = 1, review_sample = false RETURNING 1"


@pytest.fixture
def trainer(service: Site) -> Iterator[None]:
    """Run a trainer beside the site."""
    runs = Service("trainer", [str(venv.PYTHON), "manage.py", "trainer"], service.env, ROOT)
    service.supervisor.start(runs)
    yield
    service.query("UPDATE predictions_modelversion SET is_live = false RETURNING 1")
    service.query("UPDATE predictions_modelversion SET is_live = is_shipped RETURNING 1")


def send(site: Site, drawings: list[dict[str, object]], user: str = "alice", token: str = "") -> list[int]:
    """Send drawings as one person, wait until they are read, and return their keys in order."""
    keys: list[int] = []
    for start in range(0, len(drawings), 100):
        part = drawings[start : start + 100]
        headers = {"Authorization": f"Token {token or site.token(user)}"}
        batch = site.request("POST", "/api/v1/submissions/batch/", json=part, headers=headers).json()["batch"]
        ours = "FROM predictions_submission WHERE batch = %s"
        done = f"SELECT count(*) {ours} AND status = 'succeeded'"
        site.wait_until(lambda: site.query(done, batch) == [(len(part),)], 120)  # noqa: B023
        keys += [key for (key,) in site.query(f"SELECT key {ours} ORDER BY key", batch)]
    return keys


def share_right(site: Site, keys: list[int], seeds: range) -> float:
    """Return the share that was read right, and not as "not a digit"."""
    sql = "SELECT key, text, verdict FROM predictions_submission WHERE key = ANY(%s)"
    found = {key: text for key, text, verdict in site.query(sql, keys) if verdict != "not_a_digit"}
    return sum(found.get(key) == str(seed % 10) for key, seed in zip(keys, seeds, strict=True)) / len(keys)


def measure(site: Site) -> tuple[float, float]:
    """Return how the site reads new drawings: of the new style, and of the other one."""
    curly = send(site, [curly_drawing(seed % 10, seed) for seed in FRESH])
    others = send(site, [golden_drawing(seed % 10, seed) for seed in OTHERS])
    return share_right(site, curly, FRESH), share_right(site, others, OTHERS)


def review_all(page: Page, site: Site, digits: dict[int, int]) -> None:
    """Review all of these drawings by keys alone."""
    given: list[int] = []

    def note(route: Route) -> None:
        response = route.fetch()
        given.extend(drawing["key"] for drawing in response.json()["drawings"])
        route.fulfill(response=response)

    page.route("**/review/turn/", note)
    open_review_mode(page, site)
    for place in range(len(digits)):
        page.locator("[data-stage] [data-drawing]:visible").wait_for()
        press(page, str(digits[given[place]]), "Enter")
    expect(page.get_by_text("Nothing is waiting for a review.")).to_be_visible()
    page.unroute_all(behavior="wait")


def read_in_shadow(admin: Page, site: Site, version: int) -> None:
    """Let a candidate read a share of what people draw, which nobody sees, and stop it."""
    admin.goto(f"{site.url}/admin/predictions/modelversion/{version}/change/")
    admin.get_by_role("button", name="Read in shadow").click()
    expect(admin.get_by_role("button", name="Stop reading in shadow")).to_be_visible()
    send(site, [curly_drawing(seed % 10, seed) for seed in SHADOWED])
    site.wait_until(lambda: site.query("SELECT count(*) > 0 FROM predictions_shadowreading") == [(True,)], 120)
    assert site.query("SELECT count(*) FROM predictions_prediction WHERE model_version_id = %s", version) == [(0,)]
    admin.get_by_role("button", name="Stop reading in shadow").click()
    expect(admin.get_by_role("button", name="Read in shadow")).to_be_visible()


def test_what_reviewers_say_becomes_a_better_model(
    service: Site, trainer: None, sessions: dict[str, StorageState], new_page: OpenPage
) -> None:
    curly_before, others_before = measure(service)
    service.query(QUIET)
    tokens = json.loads(service.manage("shell", "--no-imports", "-c", MAKE_WRITERS).strip().splitlines()[-1])
    digits: dict[int, int] = {}
    for place, token in enumerate(tokens):
        seeds = range(place, DRAWINGS, WRITERS)
        keys = send(service, [curly_drawing(seed // WRITERS % 10, seed) for seed in seeds], token=token)
        digits |= {key: seed // WRITERS % 10 for key, seed in zip(keys, seeds, strict=True)}
    service.query("UPDATE predictions_submission SET verdict = 'unsure' WHERE key = ANY(%s) RETURNING 1", list(digits))
    reviewer = new_page(storage_state=sessions["carol"])
    review_all(reviewer, service, digits)
    sql = "SELECT count(*) FROM predictions_review WHERE role = 'desk' AND submission_id = ANY(%s)"
    assert service.query(sql, list(digits)) == [(DRAWINGS,)]

    said = service.manage("retrain", "--by", SUPERUSER, "--wait", *BUDGET)
    name = said.rsplit(" is a candidate", 1)[0].split()[-1]
    admin = new_page(storage_state=sessions[SUPERUSER])
    [(pk,)] = service.query("SELECT id FROM predictions_modelversion WHERE name = %s", name)
    read_in_shadow(admin, service, pk)
    admin.goto(f"{service.url}/admin/predictions/modelversion/{pk}/compare/")
    promote = admin.get_by_role("button", name=f"Promote {name}")
    expect(promote).to_be_visible(timeout=120_000)
    promote.click()
    expect(admin.get_by_text(f"The model {name} is now live.")).to_be_visible()

    curly_after, others_after = measure(service)
    print(
        said, f"new style: {curly_before:.1%} -> {curly_after:.1%}; others: {others_before:.1%} -> {others_after:.1%}"
    )
    assert curly_before < 0.4 and curly_after > 0.8
    assert others_after >= others_before - 0.003
