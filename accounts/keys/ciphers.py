"""Encryption at rest by keys that are derived from SECRET_KEY: made with the key of now, read with former ones too."""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from accounts.keys.hashes import all_keys


@cache
def _cipher(secret_key: str) -> Fernet:
    """Return the cipher of a SECRET_KEY: AES with a MAC, by a key that is used for nothing else."""
    key = HKDF(SHA256(), length=32, salt=None, info=b"accounts.factors").derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def _ciphers() -> MultiFernet:
    return MultiFernet([_cipher(key) for key in all_keys()])


def encrypt(text: str) -> str:
    """Return the text, encrypted with SECRET_KEY."""
    return _ciphers().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Return the text. Raises cryptography.fernet.InvalidToken if it was encrypted with a key that is not known."""
    return _ciphers().decrypt(encrypted.encode()).decode()


def encrypt_again(encrypted: str) -> str:
    """Return the same text encrypted with SECRET_KEY, unchanged if it is so already. Raises InvalidToken."""
    try:
        _cipher(all_keys()[0]).decrypt(encrypted.encode())
    except InvalidToken:
        return _ciphers().rotate(encrypted.encode()).decode()
    return encrypted
