"""`make sbom`: what each image is built from, as CycloneDX bills of materials made from the locks."""

from pathlib import Path

from local.audit.tools import AUDIT, install
from local.paths import ROOT, RUN
from local.supervisor import Supervisor
from local.terminal import SetupError, say
from local.testing import install_tools
from local.venv import REQUIREMENTS

IMAGES = ("web", "worker", "gpu", "training", "flower")  # the sets of packages that docker/Dockerfile installs


def write_boms(folder: Path) -> None:
    """Write NAME.cdx.json for each image. Raises SetupError."""
    install_tools()
    folder.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor(RUN / "logs")
    try:
        install(supervisor)
        for name in IMAGES:
            say(str(write_bom(name, folder, supervisor)))
    finally:
        supervisor.stop()


def write_bom(name: str, folder: Path, supervisor: Supervisor) -> Path:
    """Write every package of a lock with its version and hashes, valid by CycloneDX' schema; return the file.

    The same lock gives the same bytes. Raises SetupError.
    """
    bom = folder / f"{name}.cdx.json"
    command = [
        str(AUDIT / "bin/cyclonedx-py"), "requirements", "--pyproject", str(ROOT / "pyproject.toml"),
        "--spec-version", "1.6", "--output-reproducible", "--validate", "--output-file", str(bom),
        str(REQUIREMENTS / f"{name}.txt"),
    ]  # fmt: skip
    if supervisor.run("sbom", command)[0]:
        raise SetupError(f"The bill of materials of {name} could not be made.\n{supervisor.tail('sbom')}")
    return bom
