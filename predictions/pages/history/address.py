"""The address of the history: which view it shows, and links that change one of its parameters."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from predictions.pages.history.choices import SOURCES, SURENESS, TOLD
from predictions.pages.history.filters import HistoryFilter
from predictions.services.labels import REASONS, STATUSES, VERDICTS

LIST, GALLERY = VIEWS = ("list", "gallery")
YEAR_S = 365 * 24 * 3600
LABELS: dict[str, Mapping[Any, Any]] = {
    "verdict": VERDICTS,
    "sure": SURENESS,
    "reason": REASONS,
    "told": TOLD,
    "source": dict(SOURCES),
    "status": STATUSES,
}


class Chip(NamedTuple):
    """A filter that is set: what it is called, its value in words, and the address without it."""

    label: str
    value: str
    without: str


class Address(NamedTuple):
    """The parameters of an address of the history. page: those that say which part of the list is shown."""

    filters: HistoryFilter
    view: dict[str, str]
    page: dict[str, str]

    @property
    def query(self) -> str:
        """The query of this page, for forms that lead back to it."""
        return urlencode(self.filters.parameters | self.view | self.page)

    def with_(self, **changes: str) -> str:
        """Return the path of the newest such drawings, or of others with `before=ID`, with further parameters."""
        return _path(self.filters.parameters | self.view | changes)

    def viewed_as(self, view: str) -> str:
        """Return the path of the same part of the list in a view."""
        return _path(self.filters.parameters | {"view": view} | self.page)

    @property
    def cleared(self) -> str:
        """The path without filters."""
        return _path(self.view)

    @property
    def chips(self) -> list[Chip]:
        """The filters that are set and valid, each with the address without it; a time zone alone is none."""
        self.filters.is_valid()
        found = self.filters.cleaned_data
        set_ = [name for name in self.filters.fields if name != "zone" and found.get(name)]
        return [Chip(*_in_words(self.filters, name), self._without(name)) for name in set_]

    def _without(self, name: str) -> str:
        left = {other: value for other, value in self.filters.parameters.items() if other != name and value}
        if not left.keys() & {"since", "until"}:
            left.pop("zone", None)
        return _path(left | self.view)


def read_address(request: HttpRequest) -> Address:
    """Return the parameters of the request's address."""
    view, before = request.GET.get("view"), request.GET.get("before")
    page = {} if before is None else {"before": before}
    return Address(HistoryFilter(request.GET), {"view": view} if view in VIEWS else {}, page)


def chosen_view(request: HttpRequest, address: Address) -> str:
    """Return the view that the address names, or the one that was chosen last."""
    kept = request.COOKIES.get(settings.HISTORY_VIEW_COOKIE_NAME)
    return address.view.get("view") or (kept if kept in VIEWS else LIST)


def keep_view(response: HttpResponse, address: Address) -> None:
    """Remember the view that the address names, in this browser."""
    if "view" in address.view:
        response.set_cookie(
            settings.HISTORY_VIEW_COOKIE_NAME,
            address.view["view"],
            max_age=YEAR_S,
            secure=settings.IS_HTTPS,
            httponly=True,
            samesite="Lax",
        )


def _path(parameters: dict[str, Any]) -> str:
    return f"{reverse('history')}?{urlencode(parameters)}" if parameters else reverse("history")


def _in_words(filters: HistoryFilter, name: str) -> tuple[str, str]:
    """Return what a filter is called and its value, in words."""
    label = str(filters.fields[name].label or _("What you sent together"))
    value = filters.cleaned_data[name]
    if name == "sure":
        return _("Reading"), str(SURENESS[value])  # "How sure" would ask and answer in the same word
    if name in LABELS:
        return label, str(LABELS[name][value])
    if name in ("since", "until"):
        return label, date_format(value)
    if name == "batch":
        return label, ""
    return label, " ".join(value) if name == "digits" else value
