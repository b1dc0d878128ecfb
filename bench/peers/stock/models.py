"""Pictures and their readings."""

from django.conf import settings
from django.db import models


class Picture(models.Model):
    """A picture, whose file is in MEDIA_ROOT, with its reading."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    image = models.FileField(upload_to="pictures")
    status = models.CharField(max_length=10, default="waiting")
    text = models.CharField(max_length=16, blank=True)
    confidence = models.FloatField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "stock"
