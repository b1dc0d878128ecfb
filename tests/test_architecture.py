"""The walls between the parts of the project: which may import which, and which may write a status."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.status_writes import find_status_writes

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("config", "accounts", "predictions", "ml", "local", "docker")
HEAVY = {"keras", "tensorflow", "numpy"}

# A part may import the parts named here, itself, and libraries.
MODELS = (
    "predictions.models",
    "ml.types",
    "ml.expects",
    "ml.sheets.template",
    "ml.sheets.characters",
    "ml.sheets.layout",
)
COUNTED = "predictions.monitoring.measures"
STATE = (
    "predictions.lifecycle",
    "predictions.registry",
    "predictions.artifact_sets",
    "predictions.comparisons",
    "predictions.metrics",
    *MODELS,
)
WALLS = {
    "ml": (),
    "ml.expects": ("ml.types",),
    "ml.preprocessing": ("ml.types", "ml.uploads", "ml.png"),
    "ml.sheets.characters": (),
    "ml.sheets.template": ("ml.expects", "ml.sheets.characters"),
    "ml.sheets.states": (),
    "ml.sheets.solving": ("ml.sheets.template", "ml.sheets.states", "ml.expects"),
    "ml.sheets.calibration": ("ml.sheets.solving", "ml.sheets.template", "ml.sheets.states", "ml.expects", "ml.types"),
    "ml.sheets.layout": ("ml.sheets.template",),
    "ml.sheets.printing": ("ml.sheets.template", "ml.sheets.layout", "ml.sheets.marks"),
    "ml.image_files": ("ml.image_formats",),
    "ml.decoding": ("ml.image_files", "ml.uploads"),
    "ml.sheets.files": ("ml.image_files", "ml.image_formats"),
    "ml.sheets.decoding": ("ml.decoding", "ml.image_files", "ml.sheets.files", "ml.uploads"),
    "ml.recognition": ("ml.preprocessing", "ml.expects", "ml.types", "ml.artifacts", "ml.artifact_checks"),
    "ml.data": (
        "ml.recognition",
        "ml.preprocessing",
        "ml.sheets",
        "ml.expects",
        "ml.types",
        "ml.golden",
        "ml.artifacts",
    ),
    "ml.training": (
        "ml.data",
        "ml.recognition",
        "ml.preprocessing",
        "ml.types",
        "ml.artifacts",
        "ml.browser_network",
    ),
    "local": (),
    "docker": ("ml.golden",),
    "accounts": (),
    "predictions.models": (
        "accounts.keys.ciphers",
        "accounts.models",
        "ml.types",
        "ml.expects",
        "ml.sheets.template",
        "ml.sheets.layout",
    ),
    "predictions.inserts": ("predictions.models",),
    "predictions.group_inserts": ("accounts.postgres.prepared", "predictions.models"),
    "predictions.batch_updates": (
        "accounts.postgres.prepared",
        "predictions.fairness",
        "predictions.models",
        "ml.types",
    ),
    "predictions.cached_sql": (),
    "predictions.lifecycle": (
        "predictions.inserts",
        "predictions.group_inserts",
        "predictions.batch_updates",
        "predictions.fairness",
        COUNTED,
        *MODELS,
    ),
    "predictions.fairness": MODELS,
    "predictions.claims": ("predictions.lifecycle", "predictions.fairness", "predictions.cached_sql", *MODELS),
    "predictions.comparisons": ("predictions.lifecycle", *MODELS),
    "predictions.artifact_sets": ("accounts.keys", "ml.artifact_checks", "ml.artifacts", "ml.browser_network", *MODELS),
    "predictions.registry": (
        "predictions.artifact_sets",
        "predictions.lifecycle",
        "predictions.comparisons",
        "predictions.cached_sql",
        "accounts",
        "ml.artifacts",
        *MODELS,
    ),
    "predictions.metrics": MODELS,
    "predictions.monitoring.processes": (),
    COUNTED: ("predictions.monitoring.processes", *MODELS),
    "predictions.monitoring": ("predictions.metrics", "accounts", *MODELS),
    "predictions.wakeup": (COUNTED,),
    "predictions.checks": (),
    "predictions.health": ("predictions.metrics", "predictions.monitoring", "accounts", *MODELS),
    "predictions.services.reviewed_set": ("accounts.keys", "ml.types", *MODELS),
    "predictions.services.candidates.retraining": ("accounts", *STATE),
    "predictions.worker": (
        "predictions.webhooks.events",
        COUNTED,
        "predictions.claims",
        "predictions.fairness",
        "predictions.services.reviewed_set",  # which imports nothing of a service
        "predictions.services.candidates.retraining",  # nor does this
        "predictions.services.sheets.export",  # nor do these, which read a table
        "predictions.services.sheets.progress",
        "predictions.services.sheets.sums",
        "predictions.services.sheets.tables",
        "predictions.services.sheets.values",
        "accounts",
        "ml",
        *STATE,
    ),
    "predictions.tasks": ("predictions.worker", "predictions.wakeup", *STATE),
    "predictions.doctor": (
        "predictions.tasks",
        "predictions.wakeup",
        "predictions.checks",
        "predictions.worker.golden",  # which loads no network
        "accounts",
        *STATE,
    ),
    "predictions.webhooks": ("predictions.claims", "predictions.lifecycle", "accounts", *MODELS),
    "predictions.services": (
        "predictions.webhooks",
        COUNTED,
        "predictions.tasks",
        "predictions.cached_sql",
        "accounts",
        "ml.uploads",
        "ml.sheets.files",
        "ml.sheets.printing",
        "ml.sheets.solving",
        "ml.sheets.states",
        "ml.sheets.calibration",
        *STATE,
    ),
    "predictions.api": (
        "predictions.services",
        "predictions.tasks",
        "predictions.fairness",
        "predictions.cached_sql",
        "predictions.webhooks",
        "accounts",
        "ml.uploads",
        "ml.sheets.files",
        "ml.golden",
        *STATE,
    ),
    "predictions.pages": (
        "predictions.services",
        "predictions.tasks",
        "accounts",
        "ml.browser_network",
        "ml.sheets.files",
        "ml.sheets.solving",
        "predictions.webhooks",
        *STATE,
    ),
    "predictions.admin": (
        "predictions.services",
        "predictions.doctor",
        "predictions.tasks",
        "predictions.webhooks",
        "accounts",
        *STATE,
    ),
}


def _modules(part: str) -> list[Path]:
    base = ROOT / part.replace(".", "/")
    return sorted(base.rglob("*.py")) if base.is_dir() else [base.with_suffix(".py")]


def _imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, at the top or inside a function."""
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


def test_no_folder_has_more_than_fifteen_modules():
    """Past that, look for the second idea. Every migration is a module, and tests mirror the tree."""
    folders = Counter(
        path.parent for part in (*PARTS, "bench") for path in _modules(part) if path.name != "__init__.py"
    )
    crowded = {str(folder.relative_to(ROOT)): count for folder, count in folders.items() if count > 15}
    assert {folder for folder in crowded if "migrations" not in folder} == set(), crowded


@pytest.mark.parametrize("part", ["ml", "local"])
def test_ml_and_local_do_not_import_django(part):
    named = {module.split(".")[0] for path in _modules(part) for module in _imports(path)}
    assert named & {"django", "celery", "rest_framework", "redis"} == set()


LIFECYCLE = "predictions/lifecycle/"


def test_only_lifecycle_writes_a_status():
    """`inserts`, `group_inserts` and `batch_updates`, which only `lifecycle` may import, hold its longer statements."""
    found = {
        str(path.relative_to(ROOT)): find_status_writes(path.read_text(encoding="utf-8"))
        for part in ("predictions", "config")
        for path in _modules(part)
        if path.parent.name != "migrations"
    }
    others = {path for path, writes in found.items() if writes and not path.startswith(LIFECYCLE)}
    assert others == {f"predictions/{name}.py" for name in ("inserts", "group_inserts", "batch_updates")}, found
    assert found[f"{LIFECYCLE}claimable.py"]


@pytest.mark.parametrize(
    "code",
    [
        "rows.update(status='failed')",
        "rows.filter(status='queued').update(status=F('other'))",
        "Submission(owner=alice, status='failed')",
        "rows.model(status='failed')",
        "Job.objects.create(status='failed')",
        "Job.objects.get_or_create(pk=1, defaults={'status': 'failed'})",
        "Comparison.objects.update_or_create(pk=1, create_defaults=dict(status='failed'))",
        "row.status = 'failed'",
        "first.status, second.text = 'failed', ''",
        "row.status += 'x'",
        "for row.status in ('queued', 'failed'): row.save()",
        "setattr(row, 'status', 'failed')",
        "object.__setattr__(row, 'status', 'failed')",
        "row.__dict__['status'] = 'failed'",
        "vars(row).update(status='failed')",
        "rows.update(**{'status': 'failed'})",
        "rows.update(**(stamps | {'status': 'failed'}))",
        "stamps = {'status': 'failed'}; rows.update(**stamps)",
        "stamps = {}; stamps['status'] = 'failed'; rows.update(**stamps)",
        "stamps = {}; stamps |= dict(status='failed'); Submission(**stamps)",
        "partial(rows.update, status='failed')()",
        "Submission.objects.bulk_update(rows, ['status'])",
        "Submission.objects.bulk_update(rows, fields=('text', 'status'))",
        "row.save(update_fields=['status'])",
        "cursor.execute('UPDATE predictions_submission SET text = %s')",
        "cursor.execute('update \"predictions_errand\" as ours set claim = null')",
        "Job.objects.raw('INSERT INTO predictions_errand (status) VALUES (1) RETURNING *')",
        "cursor.execute(f'UPDATE {table} SET {column} = 1')",
        "cursor.execute('UPDATE ' + table + ' SET text = 1, status = 2')",
    ],
)
def test_every_way_to_write_a_status_is_found(code):
    assert find_status_writes(code)


@pytest.mark.parametrize(
    "code",
    [
        "rows.filter(status='queued').exclude(status__in=FINISHED)",
        "rows.filter(**{'status': 'queued'}).update(text='')",
        "Q(status='queued') | ~Q(status=other.status)",
        "if row.status == 'failed': body = {'status': row.status}",
        "return_value = Response({'status': row.status}, status=202)",
        "rows.order_by('status').values_list('status')",
        "row.refresh_from_db(fields=['status'])",
        "cursor.execute('SELECT count(*) FROM predictions_errand WHERE status = 1')",
        "cursor.execute('UPDATE accounts_user SET name = %s WHERE status = 1')",
        "class Refused(Exception):\n    def __init__(self, status): self.status = status",
    ],
)
def test_reading_a_status_is_allowed(code):
    assert find_status_writes(code) == []


@pytest.mark.parametrize(
    "statements", ["predictions.inserts", "predictions.group_inserts", "predictions.batch_updates"]
)
def test_only_lifecycle_imports_its_statements(statements):
    importers = {
        str(path.relative_to(ROOT))
        for path in _modules("predictions")
        for module in _imports(path)
        if _is_within(module, statements)
    }
    assert importers
    assert all(path.startswith(LIFECYCLE) for path in importers), importers


def test_only_the_delivery_worker_sends_mail():
    importers = {
        str(path.relative_to(ROOT))
        for part in PARTS
        for path in _modules(part)
        if any(_is_within(name, "accounts.delivery") or name == "accounts.outbox.send_one" for name in _imports(path))
    }
    assert importers == {"accounts/management/commands/deliver.py"}
    calls = [
        path for part in PARTS for path in _modules(part) if "outbox.send_one(" in path.read_text(encoding="utf-8")
    ]
    assert calls == [ROOT / "accounts/delivery.py"]


@pytest.mark.parametrize("module", ["config.wsgi", "config.urls"])
def test_the_web_process_does_not_load_the_network(module):
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
    assert [line.startswith("# ") for line in lines] == [True, False] * len(listed)  # each has a comment
