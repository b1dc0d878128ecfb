"""Add what is expected of a drawing, what was written, and the reasons. Old code fills in none of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("predictions", "0011_error_sentences")]

    operations = [
        migrations.AddField(
            model_name="prediction",
            name="expects_sha256",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="submission",
            name="expects",
            field=models.JSONField(blank=True, editable=False, null=True, verbose_name="expected"),
        ),
        migrations.AddField(
            model_name="submission",
            name="reasons",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="submission",
            name="written",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="comparison",
            name="error_code",
            field=models.CharField(
                blank=True,
                choices=[
                    ("blank", "There is nothing drawn here. Draw a digit and try again."),
                    ("unreadable", "This file could not be read as an image. Send a complete PNG, JPEG or WebP."),
                    ("too_large", "This image is too large. Send a smaller one."),
                    ("too_many_digits", "There are too many digits here. Send at most 32 at once."),
                    ("gave_up", "Reading this failed several times. Try again; if it fails again, tell us its id."),
                    ("deadline", "This was not read before the requested deadline. Try again."),
                    ("no_model", "No model is available right now. Try again later; the operator has been notified."),
                ],
                default="",
                editable=False,
                max_length=20,
                verbose_name="why it failed",
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="error_code",
            field=models.CharField(
                blank=True,
                choices=[
                    ("blank", "There is nothing drawn here. Draw a digit and try again."),
                    ("unreadable", "This file could not be read as an image. Send a complete PNG, JPEG or WebP."),
                    ("too_large", "This image is too large. Send a smaller one."),
                    ("too_many_digits", "There are too many digits here. Send at most 32 at once."),
                    ("gave_up", "Reading this failed several times. Try again; if it fails again, tell us its id."),
                    ("deadline", "This was not read before the requested deadline. Try again."),
                    ("no_model", "No model is available right now. Try again later; the operator has been notified."),
                ],
                default="",
                editable=False,
                max_length=20,
                verbose_name="why it failed",
            ),
        ),
        migrations.AlterField(
            model_name="submission",
            name="error_code",
            field=models.CharField(
                blank=True,
                choices=[
                    ("blank", "There is nothing drawn here. Draw a digit and try again."),
                    ("unreadable", "This file could not be read as an image. Send a complete PNG, JPEG or WebP."),
                    ("too_large", "This image is too large. Send a smaller one."),
                    ("too_many_digits", "There are too many digits here. Send at most 32 at once."),
                    ("gave_up", "Reading this failed several times. Try again; if it fails again, tell us its id."),
                    ("deadline", "This was not read before the requested deadline. Try again."),
                    ("no_model", "No model is available right now. Try again later; the operator has been notified."),
                ],
                default="",
                editable=False,
                max_length=20,
                verbose_name="why it failed",
            ),
        ),
    ]
