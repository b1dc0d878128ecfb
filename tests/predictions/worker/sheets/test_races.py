"""Two workers store pages of one sheet at once."""

import threading
import time

import pytest
from django.db import connection, transaction

from predictions.models import Sheet, SheetPage
from predictions.worker.sheets import storing
from tests.factories import make_user
from tests.sheets import make_template

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_page_that_waits_for_another_sees_the_template_that_it_set():
    alice = make_user()
    sheet, template = Sheet.objects.create(owner=alice), make_template(alice)
    page = SheetPage.objects.create(sheet=sheet, owner=alice, number=2)
    seen = []

    def wait_for_the_other():
        try:
            with transaction.atomic():
                seen.append(storing._lock(page).template)
        finally:
            connection.close()

    other = threading.Thread(target=wait_for_the_other)
    with transaction.atomic():
        Sheet.objects.filter(pk=sheet.pk).update(template=template)
        other.start()
        time.sleep(0.5)  # it waits for the lock of the row
    other.join(10)
    assert seen == [template]
