"""A user's webhooks: the list with their last deliveries, a new one, and what is done with one."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.post_only import post_only, with_form
from predictions.models import WebhookDelivery, WebhookEndpoint
from predictions.models.webhooks import ENDPOINTS_LIMIT
from predictions.pages.access import user_of
from predictions.pages.webhooks.forms import WebhookForm
from predictions.webhooks.endpoints import (
    ForbiddenAddress,
    Unacceptable,
    add_endpoint,
    list_endpoints,
    remove_endpoint,
    rotate_secret,
    send_again,
    try_endpoint,
)


def _list(request: HttpRequest, form: WebhookForm) -> HttpResponse:
    found = list_endpoints(user_of(request))
    asked = request.GET.get("remove", "")
    context = {
        "endpoints": found,
        "form": form,
        "is_full": len(found) >= ENDPOINTS_LIMIT,
        "to_remove": next((endpoint for endpoint, _deliveries in found if str(endpoint.pk) == asked), None),
    }
    return render(request, "webhooks/webhooks.html", context)


@post_only("webhooks")
def _add(request: HttpRequest) -> HttpResponse:
    """Add a webhook and show its secret, which no other page shows."""
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _list(request, form)
    try:
        endpoint = add_endpoint(user_of(request), form.cleaned_data["url"], form.events())
    except ForbiddenAddress as problem:
        form.add_error("url", str(problem))
        return _list(request, form)
    except Unacceptable as problem:
        form.add_error(None, str(problem))
        return _list(request, form)
    return _show_secret(request, endpoint)


@with_form(_add)
def webhooks(request: HttpRequest) -> HttpResponse:
    """List the user's webhooks on GET, add one on POST; `?remove=` names one to remove, which is asked first."""
    return _list(request, WebhookForm())


def _show_secret(request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    context = {"endpoint": endpoint, "secret": endpoint.secret}
    return render(request, "webhooks/secret.html", context, status=201)


def _own(request: HttpRequest, id_: uuid.UUID) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint, pk=id_, owner=user_of(request))


@never_cache
@post_only("webhooks")
def test(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Send a test."""
    try:
        try_endpoint(_own(request, id_))
    except Unacceptable as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("A test is on its way. Load this page again in a moment to see what came of it."))
    return redirect("webhooks")


@never_cache
@post_only("webhooks")
def retry(request: HttpRequest, id_: uuid.UUID, delivery: uuid.UUID) -> HttpResponse:
    """Send a delivery again that failed."""
    rows = WebhookDelivery.objects.select_related("endpoint")
    try:
        send_again(get_object_or_404(rows, pk=delivery, endpoint=_own(request, id_)))
    except Unacceptable as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("It is on its way again. Load this page again in a moment to see what came of it."))
    return redirect("webhooks")


@never_cache
@post_only("webhooks")
def rotate(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Make a new secret and show it."""
    endpoint = _own(request, id_)
    rotate_secret(endpoint)
    endpoint.refresh_from_db()
    return _show_secret(request, endpoint)


@never_cache
@post_only("webhooks")
def remove(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Remove a webhook."""
    endpoint = _own(request, id_)
    remove_endpoint(endpoint)
    messages.success(request, _("Webhook for %(url)s removed.") % {"url": endpoint.url})
    return redirect("webhooks")
