"""What tests do as people without an account: draw on the landing page."""

import json
from typing import Any

from django.test import Client

from predictions import claims, lifecycle
from predictions.models import ModelVersion, Submission
from tests.factories import SEVEN, make_prediction, make_version

DRAWINGS = "/api/guest/drawings/"
LANDING = "/"


def new_guest(**options: Any) -> Client:
    """Open the landing page with CSRF checks on. options: as a Client takes them."""
    client = Client(enforce_csrf_checks=True, **options)
    assert client.get(LANDING).status_code == 200
    return client


def send(client: Client, body: Any = SEVEN, **options: Any) -> Any:
    """Send a drawing as the landing page does, and return the response. options: as `Client.post` takes them."""
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value, **options.pop("headers", {})}
    return client.post(DRAWINGS, json.dumps(body), content_type="application/json", headers=headers, **options)


def draw(client: Client, **more: Any) -> Submission:
    """Send a drawing that is accepted, and return its row. more: entries of the request's body."""
    answer = send(client, SEVEN | more)
    assert answer.status_code == 202, answer.content
    return Submission.objects.get(id=answer.json()["id"])


def read_all(text: str = "7", thumbnail: bytes = b"\x89PNG") -> None:
    """Finish every waiting drawing as read."""
    version = ModelVersion.objects.live().first() or make_version()
    while True:
        with claims.claimed(32) as rows:
            for row in rows:
                lifecycle.succeed(row, make_prediction(row, version, text), {"thumbnail": thumbnail})
            if not rows:
                return
