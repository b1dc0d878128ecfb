"""`.venv` is created once, kept while its lock is the same, and rebuilt after an interrupted installation."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import venv
from local.supervisor import Supervisor
from local.terminal import SetupError

METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create a lock of one tiny package, which pip finds next to it."""
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", METADATA)
        archive.writestr("tiny-1.0.dist-info/WHEEL", WHEEL)
        archive.writestr("tiny-1.0.dist-info/RECORD", "tiny.py,,\n")
    folder = tmp_path / "requirements"
    folder.mkdir()
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "worker.txt").write_text(f"tiny==1.0 --hash=sha256:{digest}\n")
    for name in ("dev", "training"):
        (folder / f"{name}.txt").write_text("")
    monkeypatch.setattr(venv, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(venv, "PYTHON", tmp_path / ".venv/bin/python")
    monkeypatch.setattr(venv, "REQUIREMENTS", folder)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return folder


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "logs")
    yield supervisor
    supervisor.stop()


@pytest.mark.long  # installs packages: 10 s
def test_it_is_created_after_an_interruption_and_kept_while_its_lock_is_the_same(
    requirements: Path, supervisor: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/.inkling-installing").touch()  # as a `kill -9` in the middle of pip leaves it
    venv.ensure("worker", supervisor)
    said = capsys.readouterr().out
    assert "An earlier installation was interrupted" in said and "Creating .venv" in said
    assert venv.works()
    assert list((tmp_path / ".venv").glob("lib/*/site-packages/tiny.py"))
    venv.ensure("worker", supervisor)
    assert capsys.readouterr().out == ""
    with (requirements / "worker.txt").open("a") as file:
        file.write("# changed\n")
    venv.ensure("worker", supervisor)
    assert "Installing 1 package" in capsys.readouterr().out
    with (requirements / "worker.txt").open("a") as file:
        file.write(f"nowhere==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(SetupError, match=r"pip could not install requirements/worker\.txt") as told:
        venv.ensure("worker", supervisor)
    assert "No matching distribution found for nowhere==1.0" in str(told.value)


def test_a_missing_compiler_is_reported(requirements: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(requirements))
    assert "no cc and no make" in venv._compiler_hint()
