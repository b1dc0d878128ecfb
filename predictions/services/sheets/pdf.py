"""The PDF of a template, in the language of those who print it."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ml.sheets.layout import lay_out
from ml.sheets.printing import Words, draw_pages
from ml.sheets.template import Template
from predictions.models.sheets import SheetTemplate
from predictions.models.sheets.codes import make_code
from predictions.services.sheets.wording.columns import describe_column


def render_pdf(template: SheetTemplate) -> bytes:
    """Return the pages of a template to print. About 30 ms a page."""
    parsed = template.template
    codes = [make_code(template, number + 1) for number in range(len(lay_out(parsed)))]
    return draw_pages(parsed, codes, choose_words(parsed, describe_version(template)))


def describe_version(template: SheetTemplate) -> str:
    """Return which version it is, in words."""
    made_on = date_format(template.created_at, "DATE_FORMAT")
    return _("Version {number} of {date}").format(number=template.version, date=made_on)


def choose_words(template: Template, version: str = "") -> Words:
    """Return what is printed besides the template's own words, in the language of now."""
    return Words(
        advice=_("Write clearly, one digit in each box. Photograph the whole page with its black marks."),
        page=_("Page {number} of {pages}"),
        version=version,
        total=_("Total"),
        hints=tuple(describe_column(column) for column in template.columns),
    )
