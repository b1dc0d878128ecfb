"""Several requests at once: versions are numbered one after another, and nobody has more templates than they may."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from predictions.services.errors import Refused
from predictions.services.sheets import templates
from predictions.services.sheets.templates import create_template, list_templates, list_versions, revise_template
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"title": "Marks", "rows": 3, "columns": [{"name": "Oral"}]}
THREADS = 4


def race(act) -> list[bool]:
    """Run act(number) in threads that start at the same moment; return which were not refused."""
    barrier = Barrier(THREADS)

    def run(number):
        try:
            barrier.wait()
            act(number)
        except Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_changes_at_the_same_moment_become_versions_one_after_another():
    template = create_template(make_user(), FORM)
    assert all(race(lambda number: revise_template(template, FORM | {"rows": 4 + number})))
    assert [row.version for row in list_versions(template)] == [5, 4, 3, 2, 1]


def test_templates_made_at_the_same_moment_are_counted(monkeypatch):
    monkeypatch.setattr(templates, "MAX_TEMPLATES", 2)
    alice = make_user()
    assert sorted(race(lambda number: create_template(alice, FORM))) == [False, False, True, True]
    assert list_templates(alice).count() == 2
