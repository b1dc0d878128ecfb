"""Add the id of the request that brought a submission. Older code stores none, and existing rows keep none."""

from django.db import migrations, models

import predictions.models.submissions.request_ids


class Migration(migrations.Migration):
    dependencies = [("predictions", "0031_former_reviewers")]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="request_id",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AlterField(  # apart, or all existing rows would get the same one
            model_name="submission",
            name="request_id",
            field=models.UUIDField(
                default=predictions.models.submissions.request_ids.current_request_id,
                editable=False,
                null=True,
                verbose_name="request",
            ),
        ),
    ]
