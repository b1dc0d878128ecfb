"""What an owner does with one drawing: says what it is, takes that back, tries again."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.post_only import post_only
from predictions.models import Role
from predictions.pages.access import own_submissions, user_of
from predictions.pages.errors import refusal_message
from predictions.pages.forms import AnswerForm
from predictions.pages.item.neighbors import redirect_to_item
from predictions.services import quotas
from predictions.services.errors import Refused
from predictions.services.review import InvalidReview, review_submission, withdraw_review


@post_only("item", "id_")
def review(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Record what the owner says about a reading."""
    submission = get_object_or_404(own_submissions(request).finished(), id=id_)
    form = AnswerForm(request.POST)
    try:
        if not form.is_valid():
            raise InvalidReview(next(iter(form.errors.values()))[0])
        if form.cleaned_data["answer"] == "right" and not submission.text:
            raise InvalidReview(_("There is no reading to confirm. Enter the correct digits instead."))
        text_by_answer = {"right": submission.shown_text, "no_digit": "", "wrong": form.cleaned_data["text"]}
        review_submission(submission, user_of(request), text_by_answer[form.cleaned_data["answer"]], Role.OWNER)
        messages.success(request, _("Thank you. Your answer was saved."))
    except InvalidReview as error:
        messages.error(request, str(error))
    return redirect_to_item(request, submission)


@post_only("item", "id_")
def withdraw(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Take back what the owner said last."""
    submission = get_object_or_404(own_submissions(request), id=id_)
    try:
        withdraw_review(submission, user_of(request))
        messages.success(request, _("Your answer was taken back."))
    except InvalidReview as error:
        messages.error(request, str(error))
    return redirect_to_item(request, submission)


@post_only("item", "id_")
def retry(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Queue a failed submission again, if its failure allows that and the quotas have room."""
    submission = get_object_or_404(own_submissions(request), id=id_)
    try:
        if not quotas.retry(submission):
            messages.info(request, _("This drawing can't be retried. Check its status below."))
    except Refused as refusal:
        messages.error(request, refusal_message(refusal))
    return redirect_to_item(request, submission)
