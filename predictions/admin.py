"""Django looks for the office here; it stands in `predictions.web`."""

from predictions.web import admin, desk  # noqa: F401
