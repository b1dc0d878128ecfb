"""The pages on which people add, try and remove webhooks."""

import re

import pytest
from django.urls import reverse

from predictions.models import WebhookEndpoint
from predictions.webhooks import delivering, rotation
from predictions.webhooks.endpoints import add_endpoint, rotate_secret, try_endpoint
from tests.factories import make_user
from tests.predictions.webhooks.receiver import open_receiver

pytestmark = pytest.mark.django_db
NEW = {"url": "https://example.org/hooks", "read": "on", "confirmed": "on"}


@pytest.fixture
def alice(client):
    """Return alice, who is logged in."""
    user = make_user()
    client.force_login(user)
    return user


def test_a_new_webhook_shows_its_secret_once(alice, client):
    shown = client.post(reverse("webhooks"), NEW)
    endpoint = WebhookEndpoint.objects.get(owner=alice)
    assert shown.status_code == 201 and endpoint.secret in shown.content.decode()
    assert endpoint.secret not in endpoint.encrypted_secret
    listed = client.get(reverse("webhooks")).content.decode()
    assert endpoint.secret not in listed and "https://example.org/hooks" in listed


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": "https://127.0.0.1/"}, "not on the public internet"),
        ({"url": "http://example.org/"}, "Use https://"),
        ({"url": ""}, "required"),
        ({"read": "", "confirmed": ""}, "Choose what to tell"),
        ({"url": "https://example.org/" + "x" * 500}, "500"),
    ],
)
def test_what_is_wrong_with_a_new_webhook_is_said(alice, client, changed, said):
    page = client.post(reverse("webhooks"), NEW | changed)
    assert page.status_code == 200 and said in page.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_a_test_is_sent_and_its_end_is_shown(alice, client, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with open_receiver() as receiver:
        receiver.statuses = [500]
        endpoint = add_endpoint(alice, receiver.url, ["sheet.read"])
        assert client.post(reverse("test-webhook", args=[endpoint.pk])).url == reverse("webhooks")
        assert delivering.send_one() and len(receiver.received) == 1
    page = " ".join(re.sub("<[^>]+>", " ", client.get(reverse("webhooks")).content.decode()).split())
    assert re.search(r"test failed [^·]+ · 1 try · answer 500 · It failed\.", page)


def test_what_failed_is_sent_again_by_a_press(alice, client, settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    with open_receiver() as receiver:
        receiver.statuses = [404, 204]
        endpoint = add_endpoint(alice, receiver.url, ["sheet.read"])
        row = try_endpoint(endpoint)
        assert delivering.send_one()
        retry = reverse("retry-webhook", args=[endpoint.pk, row.pk])
        page = client.get(reverse("webhooks")).content.decode()
        assert retry in page and f'aria-labelledby="again-{row.pk} sent-{row.pk}"' in page
        assert "on its way again" in client.post(retry, follow=True).content.decode()
        assert delivering.send_one() and len(receiver.received) == 2
    assert retry not in client.get(reverse("webhooks")).content.decode()
    assert "Only what failed" in client.post(retry, follow=True).content.decode()


def test_a_new_secret_replaces_the_former_one(alice, client):
    endpoint = add_endpoint(alice, "https://example.org/", ["sheet.read"])
    former = endpoint.secret
    page = client.post(reverse("rotate-webhook", args=[endpoint.pk]))
    endpoint.refresh_from_db()
    assert endpoint.secret in page.content.decode() and (endpoint.former_secret, former) == (former, former)


def test_only_a_secret_that_replaces_another_tells_of_it(alice, client):
    said = "The former secret counts"
    page = client.post(reverse("webhooks"), NEW)
    assert page.status_code == 201 and said not in page.content.decode()
    page = client.post(reverse("rotate-webhook", args=[WebhookEndpoint.objects.get().pk]))
    assert said in page.content.decode()


@pytest.mark.parametrize(("is_private", "said"), [(True, "https:// or http://"), (False, "on the public internet")])
def test_the_form_says_which_addresses_there_may_be(alice, client, settings, is_private, said):
    settings.WEBHOOK_PRIVATE_ADDRESSES = is_private
    assert said in client.get(reverse("webhooks")).content.decode()
    page = client.post(reverse("webhooks"), NEW | {"url": "example.org"}).content.decode()
    assert page.count(said) == 2 and "This is not an address." in page


def test_a_webhook_is_removed_once_that_is_confirmed(alice, client):
    endpoint = add_endpoint(alice, "https://example.org/", ["sheet.read"])
    remove = reverse("remove-webhook", args=[endpoint.pk])
    assert remove not in client.get(reverse("webhooks")).content.decode()
    assert remove in client.get(reverse("webhooks"), {"remove": endpoint.pk}).content.decode()
    theirs = add_endpoint(make_user("bob"), "https://example.org/", ["sheet.read"])
    assert str(theirs.pk) not in client.get(reverse("webhooks"), {"remove": theirs.pk}).content.decode()
    theirs.delete()
    client.post(reverse("remove-webhook", args=[endpoint.pk]))
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize("name", ["test-webhook", "rotate-webhook", "remove-webhook"])
def test_webhooks_of_others_are_not_there(alice, client, name):
    theirs = add_endpoint(make_user("bob"), "https://example.org/", ["sheet.read"])
    assert client.post(reverse(name, args=[theirs.pk])).status_code == 404
    assert WebhookEndpoint.objects.get() == theirs and not theirs.deliveries.exists()


def test_secrets_are_encrypted_again_with_a_new_key(alice, settings):
    endpoint = add_endpoint(alice, "https://example.org/", ["sheet.read"])
    rotate_secret(endpoint)
    endpoint.refresh_from_db()
    secrets = endpoint.secret, endpoint.former_secret
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
    assert rotation.rotate_secrets() == rotation.Rotated(1, 1, 0)
    assert rotation.rotate_secrets() == rotation.Rotated(1, 0, 0)
    settings.SECRET_KEY_FALLBACKS = []
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.secret, endpoint.former_secret) == secrets
