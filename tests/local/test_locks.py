"""The lists of pinned packages contain no URL and meet their requirements."""

import shutil
from pathlib import Path

import pytest

from local.locks import check_locks, meets
from local.venv import REQUIREMENTS


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of our lists to break."""
    return Path(shutil.copytree(REQUIREMENTS, tmp_path / "requirements"))


def test_our_locks_have_no_faults() -> None:
    assert check_locks() == []


def test_a_url_in_a_lock_is_found(copy: Path) -> None:
    path = copy / "web.txt"
    path.write_text(f"--index-url https://packages.example/simple\n{path.read_text()}")
    assert any("web.txt contains a URL" in fault for fault in check_locks(copy))


def test_a_requirement_missing_from_its_lock_is_found(copy: Path) -> None:
    with (copy / "web.in").open("a") as file:
        file.write("nowhere-to-be-found>=2\n")
    faults = check_locks(copy)
    assert any("requires nowhere-to-be-found>=2, the lock has none" in fault for fault in faults)
    assert any(fault.startswith("web.in") for fault in faults)


def test_a_version_outside_its_specifier_is_found(copy: Path) -> None:
    path = copy / "web.in"
    path.write_text(path.read_text().replace("django~=5.2.8", "django~=6.0.1"))
    assert any("requires django~=6.0.1, the lock has 5.2" in fault for fault in check_locks(copy))


def test_a_pin_without_a_hash_is_found(copy: Path) -> None:
    with (copy / "local.txt").open("a") as file:
        file.write("redis==8.1.0\n")
    assert "local.txt has no hash for redis==8.1.0" in check_locks(copy)


@pytest.mark.parametrize(
    ("version", "specifiers", "is_met"),
    [
        ("5.2.19", "~=5.2.8", True), ("5.3.0", "~=5.2.8", False), ("5.2.7", "~=5.2.8", False), ("2.10", "~=2.3", True),
        ("23.1", ">=23", True), ("22.9", ">=23", False), ("1.2.8", "<1.3", True), ("1.3.0", "<1.3", False),
        ("18.6.3", "==18.6.3", True), ("18.6.4", "==18.6.3", False), ("2.5", ">=2,<3", True), ("7", "", True),
    ],
)  # fmt: skip
def test_specifiers_are_understood(version: str, specifiers: str, is_met: bool) -> None:
    assert meets(version, specifiers) is is_met
