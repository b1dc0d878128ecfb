"""Staff for the admin, and a row in each of its tables; shared by the browser tests."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from ml.golden import golden_drawing
from tests.site import PASSWORDS, Site
from tests.twin import write_twin

SUPERUSER, ADMIN, REVIEWER = "admin", "bob", "carol"
_MAKE = """
from django.contrib.auth.models import Group
from django.core.mail import send_mail
from accounts.models import User
from accounts.tokens import create_token
from django.utils import timezone
from predictions.models import Job, IdempotencyKey, Sheet, SheetPage, Submission, TrainingRun
from predictions.models import WebhookDelivery
from predictions.services.review import review_submission
from predictions.services.sheets.templates import create_template
from predictions.webhooks.endpoints import add_endpoint

for name, group in (("carol", "reviewer"), ("bob", "admin")):
    User.objects.filter(username=name).update(is_staff=True)
    User.objects.get(username=name).groups.set(Group.objects.filter(name=group))
Group.objects.get_or_create(name="trainers")  # a custom group, which can be changed and deleted
alice, carol = (User.objects.get(username=name) for name in ("alice", "carol"))
row = Submission.objects.filter(owner=alice, status="succeeded").order_by("key")[0]
version = row.predictions.earliest("pk").model_version
Job.objects.get_or_create(submission=row, kind="explain", model_version=version, asked_by=alice)
if not IdempotencyKey.objects.filter(key="one").exists():
    IdempotencyKey.objects.create(owner=alice, key="one", submission=row)
    create_token(alice, "laptop")
    send_mail("Hello", "words", None, ["alice@example.org"])
    review_submission(row, carol, "5", "desk")
    TrainingRun.objects.create(
        name="run", start=version, status="failed", error_code="gave_up", finished_at=timezone.now(), trouble="-",
        curves={"loss": [0.5, 0.3], "reviewed": [0.4, 0.9]}, counts={"inputs": 40}, log="12:00:00 epoch 1 of 2",
    )
    bob = User.objects.get(username="bob")
    failed = {"status": "failed", "error_code": "gave_up", "finished_at": timezone.now()}
    template = create_template(bob, {"title": "Marks", "rows": 2, "columns": [{"name": "Points"}]})
    sheet = Sheet.objects.create(owner=bob, template=template)
    SheetPage.objects.create(sheet=sheet, owner=bob, number=1, **failed)
    hook = add_endpoint(bob, "https://hooks.example.org/", ["sheet.read"])
    WebhookDelivery.objects.create(endpoint=hook, event="test", body="{}", last_status=404, **failed)
"""


def create_staff(site: Site) -> None:
    """Make carol a reviewer and bob an admin; add a row to every table, and a candidate model."""
    drawing = golden_drawing(5, seed=3)
    site.request("POST", "/api/v1/submissions/", json=drawing, headers={"Prefer": "wait=10"}).raise_for_status()
    site.manage("shell", "-c", _MAKE)
    with tempfile.TemporaryDirectory() as folder:
        site.manage("register_model", str(write_twin(Path(folder))))


def log_in_to_admin(page: Page, site: Site, name: str) -> None:
    """Log in through the admin's form and wait for its start page."""
    page.goto(f"{site.url}/admin/")
    page.get_by_label("Username or email").fill(name)
    page.get_by_label("Password").fill(PASSWORDS[name])
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Administration").wait_for()
