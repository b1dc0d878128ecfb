"""WSGI application: `gunicorn config.wsgi`."""

import os

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DATABASE_POOL_SIZE", "8")  # long polls hold no connection


class Utf8Request(WSGIRequest):
    """A request that is decoded as UTF-8, whatever charset it names: not all that Python knows can decode text."""

    encoding = property(lambda self: "utf-8", lambda self, charset: None)


WSGIHandler.request_class = Utf8Request
application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - import all views now, not in the first request
