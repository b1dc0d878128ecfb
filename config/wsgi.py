"""WSGI application: `gunicorn config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DATABASE_POOL_SIZE", "8")  # long polls hold no connection

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - import all views now, not in the first request
