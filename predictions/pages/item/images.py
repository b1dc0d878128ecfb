"""The images of one's own drawing: its thumbnail, what was submitted, and how it was drawn, as an animation."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.limits import counts
from accounts.limits.counts import Count
from predictions.models import Drawing
from predictions.pages.access import PRIVATE, own_submissions, user_of
from predictions.services.readings import thumbnail_of
from predictions.services.replay.animation import animate

ANIMATIONS = (60, 60)  # at most so many in so many seconds


@require_safe
@login_required
def thumbnail(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Return the thumbnail of a drawing; not found until a worker has made it."""
    data = thumbnail_of(get_object_or_404(own_submissions(request).only("key"), id=id_))
    if not data:
        raise Http404
    return HttpResponse(data, content_type="image/png", headers=PRIVATE)


@require_safe
@login_required
def image(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Return the re-encoded copy of a submitted image, never the original bytes."""
    drawing = get_object_or_404(
        Drawing.objects.only("image", "image_type"),
        submission__in=own_submissions(request).filter(id=id_),
        is_original=False,
    )
    if not drawing.image:
        raise Http404
    return HttpResponse(bytes(drawing.image), content_type=drawing.image_type, headers=PRIVATE)


@require_safe
@login_required
def animation(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Return strokes as a GIF that draws them, to be kept as a file; not found for an image.

    It takes 20 ms of CPU, or up to 0.2 s for as many points as may be sent, so a user gets ANIMATIONS only.
    """
    drawing = get_object_or_404(
        Drawing.objects.only("strokes", "width", "height", "pen_px"),
        submission__in=own_submissions(request).filter(id=id_),
        strokes__isnull=False,
    )
    if wait_s := counts.add(Count("animation", str(user_of(request).pk), *ANIMATIONS)):
        answer = render(request, "429.html", status=429)
        answer["Retry-After"] = str(wait_s)
        return answer
    headers = PRIVATE | {"Content-Disposition": f'attachment; filename="drawing-{str(id_)[:8]}.gif"'}
    return HttpResponse(animate(drawing), content_type="image/gif", headers=headers)
