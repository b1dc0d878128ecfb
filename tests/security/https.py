"""The settings of a site with https, as the real settings make them, for tests within one process."""

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

from django.conf import settings

_PRINT = """
import json
from config import settings
print(json.dumps({name: value for name in dir(settings) if name.isupper() for value in [getattr(settings, name)]},
    default=lambda value: None))
"""


@cache
def https_settings() -> dict[str, Any]:
    """Return the settings that differ between a site with https and one without."""
    plain, secure = (_settings(url) for url in ("http://testserver", "https://testserver"))
    found = {name: value for name, value in secure.items() if value != plain[name]}
    directives = found.pop("CONTENT_SECURITY_POLICY")["DIRECTIVES"]
    upgrade = {"upgrade-insecure-requests": directives["upgrade-insecure-requests"]}
    policy = {"DIRECTIVES": settings.CONTENT_SECURITY_POLICY["DIRECTIVES"] | upgrade}  # JSON has no word for a nonce
    return found | {"CONTENT_SECURITY_POLICY": policy}


def _settings(public_url: str) -> dict[str, Any]:
    env = os.environ | {"PUBLIC_URL": public_url}
    code = [sys.executable, "-c", _PRINT]
    done = subprocess.run(code, env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)
