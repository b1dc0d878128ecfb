"""alice, and her program's way to the API."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import create_token
from tests.factories import make_user


@pytest.fixture
def alice(db: None) -> User:
    """Somebody with an account."""
    return make_user("alice")


@pytest.fixture
def api(alice: User) -> APIClient:
    """Return a client with a token of alice's."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {create_token(alice)}")
    return client
