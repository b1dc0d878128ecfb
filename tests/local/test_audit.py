"""Each rule of ours has examples, and the bills of materials name all that is installed, with hashes."""

import json
import re
from pathlib import Path

import pytest
import yaml

from local.audit import sbom, tools
from local.locks import read_pins
from local.paths import ROOT
from local.supervisor import Supervisor
from local.venv import REQUIREMENTS

RULE_FILES = sorted((ROOT / "local/audit/rules").glob("*.yml"))


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.stem)
def test_each_rule_has_an_example_to_find_and_one_to_pass(path: Path) -> None:
    """`make check` runs them."""
    [examples] = (ROOT / "tests/local/rules").glob(f"{path.stem}.*")
    text = examples.read_text(encoding="utf-8")
    for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
        for kind in ("ruleid", "ok"):
            assert re.search(rf"{kind}: {rule['id']}\b", text), rule["id"]


def test_the_rules_look_at_all_code() -> None:
    assert {"config", "accounts", "predictions", "ml", "local", "docker", "static", "templates"} <= {
        *tools.STEPS["dangers (our rules)"]
    }


def test_every_image_has_a_bill_of_materials() -> None:
    files = ("docker/Dockerfile", "docker-compose.yml")
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in files)
    installed = set(re.findall(r'(?:RUN /packages/install\.sh |REQUIREMENTS[=:] ?)"?([a-z]+)', text))
    assert installed == set(sbom.IMAGES)


@pytest.mark.long  # installs the tools of `make check` where they are missing, and they take 5 s a bill
def test_a_bill_is_reproducible_and_names_every_package_with_hashes(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "logs")
    try:
        tools.install(supervisor)
        texts = [sbom.write_bom("flower", tmp_path, supervisor).read_bytes() for _ in range(2)]
    finally:
        supervisor.stop()
    assert texts[0] == texts[1]
    packages = json.loads(texts[0])["components"]
    assert {(package["name"], package["version"]) for package in packages} == {
        (name, version) for name, versions in read_pins(REQUIREMENTS / "flower.txt").items() for version in versions
    }
    for package in packages:
        assert any(of["alg"] == "SHA-256" for at in package["externalReferences"] for of in at["hashes"])
