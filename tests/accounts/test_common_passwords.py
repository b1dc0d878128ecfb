"""Common passwords are refused: Django's, and those of the operator's file."""

import gzip

import pytest
from django.contrib.auth.password_validation import get_default_password_validators, validate_password
from django.core.exceptions import ValidationError

from accounts.identity.checks import check_common_passwords
from accounts.identity.common_passwords import CommonPasswords

WORDS = "Inkling-2026\n\nläuft-bei-uns \n"


@pytest.fixture(params=["words.txt", "words.gz"])
def path(request, tmp_path, settings):
    """Return the operator's file, plain or compressed."""
    file = tmp_path / request.param
    data = WORDS.encode()
    file.write_bytes(gzip.compress(data) if file.suffix == ".gz" else data)
    settings.COMMON_PASSWORDS_FILE = str(file)
    return file


@pytest.mark.parametrize("password", ["inkling-2026", "INKLING-2026", "Läuft-bei-uns", "password1"])
def test_passwords_of_either_list_are_refused(path, password):
    assert check_common_passwords() == []
    with pytest.raises(ValidationError, match="too common"):
        CommonPasswords().validate(password)
    CommonPasswords().validate("draws digits well")


def test_accounts_use_it():
    assert any(isinstance(validator, CommonPasswords) for validator in get_default_password_validators())
    with pytest.raises(ValidationError, match="too common"):
        validate_password("password1")


def test_without_a_file_djangos_list_stays(settings):
    settings.COMMON_PASSWORDS_FILE = ""
    assert check_common_passwords() == []
    with pytest.raises(ValidationError):
        CommonPasswords().validate("password1")


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"not compressed"])
def test_a_file_that_cannot_be_used_is_reported_with_a_hint(tmp_path, settings, content):
    file = tmp_path / "words.gz" if content == b"not compressed" else tmp_path / "words.txt"
    if content is not None:
        file.write_bytes(content)
    settings.COMMON_PASSWORDS_FILE = str(file)
    [problem] = check_common_passwords()
    assert problem.id == "inkling.E007"
    assert str(file) in problem.msg
    assert "one password a line" in problem.hint
    with pytest.raises(ValidationError):
        CommonPasswords().validate("password1")
