"""Where the web starts: `gunicorn config.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DATABASE_POOL_SIZE", "8")  # threads that wait for a reading hold no connection: few serve many

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - imports all that answers, so that nobody's first request waits for it
