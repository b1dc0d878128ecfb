"""The digit network for previews in browsers."""

import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from ml.browser_network import LAYOUT
from predictions import artifact_sets, registry

logger = logging.getLogger(__name__)
YEAR_S = 31_536_000


@require_safe
def network(request: HttpRequest, sha256: str, layout: int) -> HttpResponse:
    """Return the network of the version that reads; no login needed. Four queries.

    Its address names the version and the layout of the file, so browsers keep it for good.
    """
    try:
        version = registry.serving().version
        if (sha256, layout) != (version.sha256, LAYOUT):
            raise Http404("Another version reads.")
        data = artifact_sets.load_for_browsers(version)
    except (registry.NoModel, artifact_sets.MissingArtifact) as problem:
        raise Http404(str(problem)) from None
    except artifact_sets.TamperedArtifact as problem:  # workers refuse the version too, and the admin says so
        logger.error("no network for browsers: %s", problem)
        raise Http404(str(problem)) from None
    response = HttpResponse(data, content_type="application/octet-stream")
    patch_cache_control(response, public=True, max_age=YEAR_S, immutable=True)
    return response
