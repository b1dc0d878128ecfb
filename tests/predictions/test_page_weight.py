"""The drawing page is small: what a phone loads before the first stroke, compressed as the site sends it."""

import gzip
import json
import re

import pytest
from django.conf import settings
from django.urls import reverse

from predictions import registry

pytestmark = pytest.mark.django_db
LIMIT_BYTES = 70_000  # CSS and JavaScript, beside the preview's weights
STATIC_IMPORT = re.compile(r'^(?:import|export)\b[^;]*?"(inkling/[\w/]+)";', re.MULTILINE)


def test_css_and_scripts_of_the_drawing_page_stay_under_70_kb(client):
    registry.install_shipped()
    page = client.get(reverse("draw")).content.decode()
    modules = json.loads(re.search(r'type="importmap"[^>]*>(.*?)</script>', page, re.DOTALL)[1])["imports"]
    preview = [address for name, address in modules.items() if name.startswith("inkling/preview/")]  # its worker's
    waiting = [*re.findall(r'<link rel="(?:stylesheet|modulepreload)"\s+href="([^"]+)"', page), *preview]
    waiting += re.findall(r'<script type="module"\s+src="([^"]+)"', page)
    sizes = {}
    while waiting:
        address = waiting.pop()
        data = (settings.BASE_DIR / "static" / address.removeprefix(settings.STATIC_URL)).read_bytes()
        if address not in sizes:
            sizes[address] = len(gzip.compress(data))
            waiting += [modules[name] for name in STATIC_IMPORT.findall(data.decode())]
    assert {"/static/css/inkling.css", "/static/css/preview.css", "/static/js/draw.js"} <= set(sizes)
    assert {"/static/js/preview/network.js", "/static/js/theme.js", "/static/js/canvas.js"} <= set(sizes)
    assert sum(sizes.values()) < LIMIT_BYTES, sizes
