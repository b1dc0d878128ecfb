"""Let exports be of a sheet, and idempotency keys of one. Older code leaves the columns empty."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0037_sheet_cells"),
    ]

    operations = [
        migrations.AddField(
            model_name="export",
            name="sheet",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="predictions.sheet",
                verbose_name="sheet",
            ),
        ),
        migrations.AddField(
            model_name="idempotencykey",
            name="sheet",
            field=models.UUIDField(null=True, verbose_name="sheet"),
        ),
        migrations.AlterField(
            model_name="export",
            name="format",
            field=models.CharField(
                choices=[
                    ("csv", "CSV table"),
                    ("xlsx", "Excel workbook"),
                    ("json", "JSON with strokes"),
                    ("png", "Pictures (zip)"),
                    ("everything", "Everything about me (zip)"),
                    ("sheet", "Excel workbook of a sheet"),
                ],
                max_length=12,
                verbose_name="format",
            ),
        ),
    ]
