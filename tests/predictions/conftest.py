"""Fixtures: alice, an API client of hers, and a stub reader."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import create_token
from predictions.worker import model_cache, recognize, watch
from tests.factories import make_user, make_version
from tests.predictions.stubs import StubReader


@pytest.fixture
def alice(db: None) -> User:
    """Return a user."""
    return make_user("alice")


@pytest.fixture
def api(alice: User) -> APIClient:
    """Return an API client with alice's token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {create_token(alice)}")
    return client


@pytest.fixture
def reader(db: None, monkeypatch: pytest.MonkeyPatch) -> StubReader:
    """Let workers of this process read with a stub, in batches that do not depend on how busy this machine is."""
    stub = StubReader(batches=[])
    loaded = model_cache.Loaded(make_version(), stub)
    monkeypatch.setattr(recognize, "held", lambda: None)
    monkeypatch.setattr(recognize, "live", lambda: loaded)
    monkeypatch.setattr(watch, "live", lambda: loaded)
    monkeypatch.setattr(recognize, "BATCH_BUDGET_S", 60.0)
    return stub
