"""The theme that a visitor chose in the footer, kept in a cookie of the browser, as many have no account."""

from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

ALWAYS, NEVER = "all", "not all"


class Theme(NamedTuple):
    """The media of the style sheets that replace the light colors, and the browser's own color schemes."""

    name: Any
    dark: str
    contrast: str
    scheme: str


THEMES = {
    "system": Theme(_("Same as system"), "(prefers-color-scheme: dark)", "(prefers-contrast: more)", "light dark"),
    "light": Theme(_("Light"), NEVER, NEVER, "light"),
    "dark": Theme(_("Dark"), ALWAYS, NEVER, "dark"),
    "contrast": Theme(_("High contrast"), NEVER, ALWAYS, "light dark"),
}


def theme(request: HttpRequest) -> dict[str, Any]:
    """Return the chosen theme and all that there are, for templates. A context processor without queries."""
    chosen = request.COOKIES.get(settings.THEME_COOKIE_NAME)  # which static/js/theme.js sets
    name = chosen if chosen in THEMES else "system"
    return {
        "theme": name,
        "theme_media": THEMES[name],
        "themes": THEMES,
        "theme_cookie": settings.THEME_COOKIE_NAME,
    }
