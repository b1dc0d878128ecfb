"""Whether drawings may train models: of one drawing, and of all of them at once."""

import uuid

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.post_only import post_only
from predictions.models import Submission
from predictions.pages.access import own_submissions, user_of
from predictions.pages.item.neighbors import redirect_to_item


@post_only("item", "id_")
def train(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Record whether this drawing may train models, from the next export or training on."""
    submission = get_object_or_404(own_submissions(request), id=id_)
    may_train = request.POST.get("may_train") == "on"
    with transaction.atomic():
        if own_submissions(request).filter(id=id_).exclude(may_train=may_train).update(may_train=may_train):
            audit.record(user_of(request), "submission.may_train", str(id_), may_train=may_train)
    if may_train:
        messages.success(request, _("This drawing may now train our models."))
    else:
        messages.success(request, _("This drawing will not train our models from now on."))
    return redirect_to_item(request, submission)


@post_only("account_data")
def stop_training(request: HttpRequest) -> HttpResponse:
    """Record that none of the user's drawings may train models any more, and that new ones may not either."""
    user = user_of(request)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(may_train=False)
        count = Submission.objects.filter(owner=user, may_train=True).update(may_train=False)
        audit.record(user, "user.training_stopped", user, count=count)
    messages.success(request, _("None of your drawings will train our models from now on."))
    return redirect("account_data")
