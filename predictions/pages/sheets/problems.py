"""Why photographs were not taken, in the reader's language: services say it in English, for programs."""

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from ml.sheets.files import EmptyFile, TooLarge, UnreadableImage
from predictions.pages.errors import refusal_message
from predictions.services.errors import Refused

NOT_TAKEN = (Refused, UnreadableImage, TooLarge)


def problem_of(error: Exception) -> str:
    """Return what to do about an error of `taking`."""
    if isinstance(error, TooLarge):
        sentence = _("This file is too large. A photograph may have %(megabytes)s MB and 50 megapixels.")
        return sentence % {"megabytes": number_format(f"{settings.UPLOAD_LIMIT_BYTES / 1e6:g}")}
    if isinstance(error, EmptyFile):
        return _("This file is empty. Choose it again.")
    if isinstance(error, UnreadableImage) and error.format:
        return _("{format} files can't be read. Save the picture as JPEG or PNG.").format(format=error.format)
    if isinstance(error, UnreadableImage):
        return _("This file can't be read. Send a photograph as JPEG, PNG or WebP, or a PDF.")
    if isinstance(error, Refused):
        sentences = {
            "no_pages": _("Choose a photograph or a PDF first."),
            "too_many_pages": _("A sheet has at most 20 pages. Send the others as another sheet."),
            "no_table": _("No table was found yet. Wait until its pages were looked at, or take them again."),
            "already_named": _("The columns of this sheet have names already."),
            "gone": _("This sheet was deleted."),
            "too_many_in_flight": _("Too many of your cells are waiting. Try again when some of them are read."),
            "too_much_kept": _("Your storage is full. Delete some sheets or drawings, then try again."),
        }
        return sentences.get(error.code) or refusal_message(error)
    raise error
