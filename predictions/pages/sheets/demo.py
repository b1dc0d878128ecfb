"""Try a page of ours: one click makes a sheet of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.post_only import post_only
from predictions.pages.access import user_of
from predictions.pages.errors import refusal_message
from predictions.services.errors import Refused
from predictions.services.sheets.demo import open_demo


@post_only("sheets")
def try_demo(request: HttpRequest) -> HttpResponse:
    """Lead to the person's sheet of our page, which is made if they have none."""
    try:
        return redirect("sheet", id_=open_demo(user_of(request)).pk)
    except Refused as refusal:
        messages.error(request, refusal_message(refusal))
        return redirect("sheets")
