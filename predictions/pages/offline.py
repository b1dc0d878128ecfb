"""What lets browsers install the site and open it without a connection: manifest, service worker, offline page.

The service worker keeps the offline page, the static files that this page names, and the network for previews. None of
them differs between people.
"""

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

PAGE = "predictions/offline.html"
PAPER = "#f4f1e9"  # --background of css/inkling.css; templates/bare.html has that of the dark scheme too
ICONS = (  # of docs/make_icons.py
    ("img/inkling.svg", "any", "image/svg+xml", "any"),
    ("img/icon-192.png", "192x192", "image/png", "any"),
    ("img/icon-512.png", "512x512", "image/png", "any"),
    ("img/icon-maskable-512.png", "512x512", "image/png", "maskable"),
)


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Describe the site to browsers that install it as an app. No query."""
    body = {
        "id": "/",
        "name": "Inkling",
        "short_name": "Inkling",
        "description": _("Draw a digit or a number, and see what it is read as and how sure that is."),
        "lang": translation.get_language(),
        "start_url": reverse("draw"),
        "scope": "/",
        "display": "standalone",
        "theme_color": PAPER,
        "background_color": PAPER,
        "icons": [
            {"src": static(path), "sizes": sizes, "type": type_, "purpose": purpose}
            for path, sizes, type_, purpose in ICONS
        ],
    }
    response = JsonResponse(body, content_type="application/manifest+json")
    patch_cache_control(response, no_cache=True)
    return response


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Return the service worker, whose text changes with everything that it keeps. No query."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    told = (_cached_told if settings.STATIC_ROOT else _told)(language)
    context = {"settings": json.dumps(told)}
    response = render(request, "predictions/service-worker.js", context, content_type="text/javascript; charset=utf-8")
    patch_cache_control(response, no_cache=True)  # an old one would keep old files
    return response


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Show the page that stands for every other one while there is no connection. No query, and nobody's data.

    Its address names the language: the service worker fetches it without cookies.
    """
    language = request.GET.get("language", "")
    known = language if language in dict(settings.LANGUAGES) else translation.get_language()
    with translation.override(known):
        response = render(request, PAGE)
    response["Content-Language"] = known or settings.LANGUAGE_CODE
    patch_cache_control(response, no_cache=True)
    return response


def _told(language: str) -> dict[str, Any]:
    """Return what the service worker is told: the version of all that it keeps, and its addresses."""
    with translation.override(language):
        page = render_to_string(PAGE)
    files = sorted(set(re.findall(rf'{re.escape(settings.STATIC_URL)}[^"\s]+', page)))
    version = hashlib.sha256(page.encode())
    if not settings.STATIC_ROOT:  # the names say nothing of the contents
        for url in files:
            found = finders.find(url.removeprefix(settings.STATIC_URL))
            version.update(Path(str(found)).read_bytes() if found else b"")
    return {
        "version": version.hexdigest()[:16],
        "page": f"{reverse('offline')}?language={language}",
        "files": files,
        "areHashed": bool(settings.STATIC_ROOT),
    }


_cached_told = cache(_told)
