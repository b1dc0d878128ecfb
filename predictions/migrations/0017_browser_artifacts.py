"""Add the format of digit networks for browsers. No SQL: older code takes it for one more format."""

from django.db import migrations, models

FORMATS = [
    ("keras", "Keras"),
    ("litert", "Litert"),
    ("onnx", "Onnx"),
    ("line-keras", "Line Keras"),
    ("line-litert", "Line Litert"),
    ("browser", "Browser"),
]


class Migration(migrations.Migration):
    dependencies = [("predictions", "0016_withdrawn_reviews")]

    operations = [
        migrations.AlterField(
            model_name="modelartifact",
            name="format",
            field=models.CharField(choices=FORMATS, max_length=20, verbose_name="format"),
        ),
    ]
