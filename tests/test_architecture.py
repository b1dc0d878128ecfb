"""The walls between the parts: who may import whom, and who may write a status."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("config", "accounts", "predictions", "ml", "local", "docker")
HEAVY = {"keras", "tensorflow", "numpy"}

# A part may import the parts named here, itself, and libraries.
MODELS = ("predictions.models", "ml.types")
STATE = ("predictions.lifecycle", "predictions.registry", "predictions.comparisons", "predictions.metrics", *MODELS)
WALLS = {
    "ml": (),
    "ml.preprocessing": ("ml.types", "ml.uploads"),
    "ml.recognition": ("ml.preprocessing", "ml.types", "ml.artifacts"),
    "ml.data": ("ml.recognition", "ml.preprocessing", "ml.types", "ml.golden", "ml.artifacts"),
    "ml.training": ("ml.data", "ml.recognition", "ml.preprocessing", "ml.types", "ml.artifacts"),
    "local": (),
    "docker": ("ml.golden",),
    "accounts": (),
    "predictions.models": ("accounts.models", "ml.types"),
    "predictions.inserts": ("predictions.models",),
    "predictions.cached_sql": (),
    "predictions.lifecycle": ("predictions.inserts", *MODELS),
    "predictions.fairness": MODELS,
    "predictions.claims": ("predictions.lifecycle", "predictions.fairness", "predictions.cached_sql", *MODELS),
    "predictions.comparisons": MODELS,
    "predictions.registry": ("predictions.comparisons", "predictions.cached_sql", "accounts", "ml.artifacts", *MODELS),
    "predictions.metrics": MODELS,
    "predictions.wakeup": (),
    "predictions.checks": (),
    "predictions.health": ("predictions.metrics", "accounts", *MODELS),
    "predictions.worker": ("predictions.claims", "predictions.fairness", "accounts", "ml", *STATE),
    "predictions.tasks": ("predictions.worker", "predictions.wakeup", *STATE),
    "predictions.services": ("predictions.tasks", "accounts", "ml.uploads", *STATE),
    "predictions.api": ("predictions.services", "predictions.tasks", "accounts", "ml.uploads", "ml.golden", *STATE),
    "predictions.pages": ("predictions.services", "predictions.tasks", "accounts", *STATE),
    "predictions.admin": ("predictions.services", "predictions.tasks", "accounts", *STATE),
}


def _modules(part: str) -> list[Path]:
    base = ROOT / part.replace(".", "/")
    return sorted(base.rglob("*.py")) if base.is_dir() else [base.with_suffix(".py")]


def _imports(path: Path) -> Iterator[str]:
    """Yield every module that a file names in an import, wherever in the file it stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_within(module: str, part: str) -> bool:
    return module == part or module.startswith(part + ".")


@pytest.mark.parametrize("part", WALLS)
def test_imports_run_one_way(part):
    files = _modules(part)
    assert files
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files
        for module in _imports(path)
        if any(_is_within(module, other) for other in PARTS)
        and not any(_is_within(module, allowed) for allowed in (part, *WALLS[part]))
    ]
    assert not wrong


@pytest.mark.parametrize("part", ["ml", "local"])
def test_ml_and_local_know_no_django(part):
    named = {module.split(".")[0] for path in _modules(part) for module in _imports(path)}
    assert named & {"django", "celery", "rest_framework", "redis"} == set()


def test_only_the_life_cycle_writes_a_status():
    writers = set()
    for path in ROOT.glob("predictions/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_keyword = isinstance(node, ast.Call) and any(word.arg == "status" for word in node.keywords)
            called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            targets = node.targets if isinstance(node, ast.Assign) else []
            is_assigned = any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets)
            if (is_assigned and "self" not in ast.dump(node)) or (
                is_keyword and called in {"update", "create", "Submission"}
            ):
                writers.add(path.name)
    assert writers == {"lifecycle.py"}


@pytest.mark.parametrize("module", ["config.wsgi", "config.urls"])
def test_the_web_imports_no_network(module):
    code = (
        f"import sys, django; django.setup(); import {module}; from django.urls import get_resolver;"
        f"get_resolver().url_patterns; print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_env_example_lists_every_variable():
    from config import env

    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    listed = [line.split("=")[0] for line in lines if not line.startswith("#")]
    assert sorted(listed) == sorted(env.names)
    assert [line.startswith("# ") for line in lines] == [True, False] * len(listed)  # each with its comment
