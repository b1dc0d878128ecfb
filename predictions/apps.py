"""The predictions app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PredictionsConfig(AppConfig):
    name = "predictions"
    verbose_name = _("Predictions")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from predictions import checks  # noqa: F401  (registers itself)
