"""Reword two error sentences. Choices are not in the database, so this runs no SQL."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0010_explanations_of_predictions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="comparison",
            name="error_code",
            field=models.CharField(
                blank=True,
                choices=[
                    ("blank", "There is nothing drawn here. Draw a digit and try again."),
                    ("unreadable", "This file could not be read as an image. Send a complete PNG, JPEG or WebP."),
                    ("too_large", "This image is too large. Send a smaller one."),
                    ("too_many_digits", "There are too many digits here. Send at most 16 at once."),
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
                    ("too_many_digits", "There are too many digits here. Send at most 16 at once."),
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
                    ("too_many_digits", "There are too many digits here. Send at most 16 at once."),
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
