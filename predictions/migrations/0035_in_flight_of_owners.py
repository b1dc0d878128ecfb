"""Index a user's unfinished drawings by an index that a claim cannot use, so that it reads the queue in its order.

Older code counts by the new index too: an owner that is asked for is not null.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False  # so that the index is built beside those who write
    dependencies = [("predictions", "0034_clocks_of_workers")]

    operations = [
        AddIndexConcurrently(
            "submission",
            models.Index(
                fields=["owner"],
                condition=Q(status__in=["queued", "running"], owner__isnull=False),
                name="submission_owner_in_flight",
            ),
        ),
        RemoveIndexConcurrently("submission", "submission_in_flight"),
    ]
