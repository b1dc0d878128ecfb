"""People with second factors, and a security key in software that answers as a browser does."""

import hashlib
import json
import secrets
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from accounts.models import User
from tests.accounts.test_flows import PASSWORD, _make

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FACTORS = "/accounts/2fa/"
STEP = "/accounts/2fa/authenticate/"


def code_of(secret: str = SECRET, steps: int = 0) -> str:
    """Return the code that an authenticator app shows now, or `steps` of 30 s later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def make_with_app(name: str = "alice") -> User:
    """Make a user with an authenticator app and no recovery codes."""
    user = _make(name, f"{name}@example.org")
    TOTP.activate(user, SECRET)
    return user


def begin_log_in(name: str = "alice", password: str = PASSWORD, client: Client | None = None) -> Client:
    """Send name and password, and return the browser, which is asked for the second factor."""
    client = client or Client()
    answer: Any = client.post("/accounts/login/", {"login": name, "password": password})
    assert (answer.status_code, answer.url) == (302, STEP), answer
    return client


def forget_used_codes() -> None:
    """Let the code of now be used again, as if half a minute had passed."""
    for app in Authenticator.objects.filter(type=Authenticator.Type.TOTP):
        app.data.pop("last_step", None)
        app.save()


class SecurityKey:
    """A passkey in software: ES256, one credential for one account.

    verifies: whether it checks who holds it.
    """

    def __init__(self, rp_id: str = "localhost", origin: str = "http://localhost", *, verifies: bool = True) -> None:
        self.rp_id, self.origin, self.verifies = rp_id, origin, verifies
        self.id = secrets.token_bytes(32)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.user_handle = ""

    def create(self, options: dict[str, Any]) -> str:
        """Return what a browser answers to the options of a registration."""
        public = options["publicKey"]
        self.user_handle = public["user"]["id"]
        credential = AttestedCredentialData.create(
            b"\0" * 16, self.id, ES256.from_cryptography_key(self._key.public_key())
        )
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(self._rp_hash(), self._flags(flags), 1, credential)
        attestation = AttestationObject.create("none", data, {})
        client_data = self._client_data("webauthn.create", public["challenge"])
        parts = {"attestationObject": websafe_encode(attestation), "clientDataJSON": websafe_encode(client_data)}
        return self._answer(parts, {"credProps": {"rk": True}})

    def get(self, options: dict[str, Any]) -> str:
        """Return what a browser answers to the options of a log-in."""
        client_data = self._client_data("webauthn.get", options["publicKey"]["challenge"])
        data = AuthenticatorData.create(self._rp_hash(), self._flags(AuthenticatorData.FLAG.UP), 2)
        signature = self._key.sign(bytes(data) + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        parts = {
            "authenticatorData": websafe_encode(data),
            "clientDataJSON": websafe_encode(client_data),
            "signature": websafe_encode(signature),
            "userHandle": self.user_handle,
        }
        return self._answer(parts, {})

    def _flags(self, flags: Any) -> Any:
        return flags | AuthenticatorData.FLAG.UV if self.verifies else flags

    def _rp_hash(self) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest()

    def _client_data(self, kind: str, challenge: str) -> bytes:
        text = websafe_encode(websafe_decode(challenge))
        return json.dumps({"type": kind, "challenge": text, "origin": self.origin}).encode()

    def _answer(self, response: dict[str, Any], extensions: dict[str, Any]) -> str:
        key_id = websafe_encode(self.id)
        return json.dumps(
            {
                "id": key_id,
                "rawId": key_id,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": extensions,
            }
        )
