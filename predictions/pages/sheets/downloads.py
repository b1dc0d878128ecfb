"""Have a workbook of a sheet written. Its CSV and JSON come from the API, at once."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.post_only import post_only
from predictions.pages.access import user_of
from predictions.pages.errors import refusal_message
from predictions.pages.sheets.access import own_sheet
from predictions.services.errors import Refused
from predictions.services.exports.requests import request_sheet


@post_only("sheets")
def request_workbook(request: HttpRequest, id_: uuid.UUID) -> HttpResponse:
    """Queue the workbook of a sheet, and lead to the person's files."""
    try:
        request_sheet(user_of(request), own_sheet(request, id_))
    except Refused as refusal:
        messages.error(request, refusal_message(refusal))
    return redirect("exports")
