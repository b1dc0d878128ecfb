"""The change to a new SECRET_KEY, by which the secrets of webhooks are encrypted."""

from cryptography.fernet import InvalidToken
from django.db import transaction

from accounts.keys.ciphers import encrypt_again
from accounts.keys.rotation import Rotated
from predictions.models import WebhookEndpoint


def rotate_secrets() -> Rotated:
    """Encrypt the secrets of webhooks with SECRET_KEY."""
    done = Rotated()
    for pk in list(WebhookEndpoint.objects.values_list("pk", flat=True)):
        with transaction.atomic():
            endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=pk).first()
            if endpoint is not None:
                _rotate(endpoint, done)
    return done


def _rotate(endpoint: WebhookEndpoint, done: Rotated) -> None:
    done.rows += 1
    before = endpoint.encrypted_secret, endpoint.encrypted_former
    try:
        endpoint.encrypted_secret = encrypt_again(endpoint.encrypted_secret)
        endpoint.encrypted_former = endpoint.encrypted_former and encrypt_again(endpoint.encrypted_former)
    except InvalidToken:
        done.lost += 1
        return
    if before != (endpoint.encrypted_secret, endpoint.encrypted_former):
        endpoint.save(update_fields=["encrypted_secret", "encrypted_former"])
        done.rewritten += 1
