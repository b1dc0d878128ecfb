"""Django looks for the office here; it stands in `predictions.web.admin`."""

from predictions.web import admin  # noqa: F401
