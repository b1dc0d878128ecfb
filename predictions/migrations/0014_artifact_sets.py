"""Make a line recognizer a part of a version: formats for it, and a signature of the whole set."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("predictions", "0013_signs_in_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="modelversion",
            name="set_signature",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="modelartifact",
            name="format",
            field=models.CharField(
                choices=[
                    ("keras", "Keras"),
                    ("litert", "Litert"),
                    ("onnx", "Onnx"),
                    ("line-keras", "Line Keras"),
                    ("line-litert", "Line Litert"),
                ],
                max_length=20,
                verbose_name="format",
            ),
        ),
    ]
