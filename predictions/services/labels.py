"""Labels that people read for verdicts, statuses and the keys of a model card."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ml.expects import Kind
from ml.types import Reason, Verdict
from predictions.models import Status

VERDICTS = {
    Verdict.DIGIT: _("a digit"),
    Verdict.UNSURE: _("unsure"),
    Verdict.NOT_A_DIGIT: _("not a digit"),
}
STATUSES = {
    Status.QUEUED: _("waiting"),
    Status.RUNNING: _("being read"),
    Status.SUCCEEDED: _("read"),
    Status.FAILED: _("failed"),
    Status.CANCELED: _("canceled"),
}
REASONS = {
    Reason.SIGN: _("There are signs between or next to the digits."),
    Reason.OTHER_INK: _("There is something that is neither a digit nor a sign, shown as “?”."),
    Reason.CROSSED_OUT: _("Something is crossed out, shown as “#”."),
    Reason.SEVERAL_LINES: _("There are several lines."),
    Reason.TOO_SMALL: _("The writing is too small to tell digits apart."),
    Reason.LOW_CONTRAST: _("The writing hardly stands out from the paper."),
    Reason.EDGE_OF_SHADOW: _("The edge of a shadow crosses the writing."),
    Reason.TOUCHING: _("Some digits run into each other."),
    Reason.CLOSE_CALL: _("Something else is almost as likely."),
    Reason.UNCLEAR: _("The writing is hard to make out."),
    Reason.UNEXPECTED: _("This is not what was expected."),
}
ADVICE = {
    Reason.SIGN: _("If they belong to the number, choose what you are writing."),
    Reason.OTHER_INK: _("Erase what is not part of the number."),
    Reason.CROSSED_OUT: _("Erase what is crossed out."),
    Reason.SEVERAL_LINES: _("Write one line only."),
    Reason.TOO_SMALL: _("Write larger."),
    Reason.LOW_CONTRAST: _("Use a darker pen, or more light."),
    Reason.EDGE_OF_SHADOW: _("Take the picture without the shadow."),
    Reason.TOUCHING: _("Leave gaps between the digits."),
    Reason.CLOSE_CALL: _("Draw it more clearly, or say which one it is."),
    Reason.UNCLEAR: _("Draw it larger or more clearly."),
    Reason.UNEXPECTED: _("Check what you chose to write."),
}
KINDS = {
    Kind.DIGIT: _("one digit"),
    Kind.DIGITS: _("digits only"),
    Kind.NUMBER: _("a number"),
    Kind.DATE: _("a date"),
    Kind.TIME: _("a time"),
    Kind.PATTERN: _("a pattern"),
}
PROBLEMS = {  # by the code that `Expectation.problem` returns
    "pattern": _("This does not have the expected form."),
    "date": _("There is no such date."),
    "time": _("There is no such time."),
    "number": _("This is not a single number."),
    "min": _("This is less than the smallest value that was expected."),
    "max": _("This is more than the largest value that was expected."),
    "check": _("The check digit does not match."),
}


def reason_label(code: str) -> str | Promise:
    """Return the sentence for a reason; an unknown one, which a newer worker stored, is only unclear."""
    return REASONS[Reason(code)] if code in REASONS else REASONS[Reason.UNCLEAR]


NETWORKS = {
    "keras": _("Digit network, Keras"),
    "litert": _("Digit network, LiteRT"),
    "line-keras": _("Line recognizer, Keras"),
    "line-litert": _("Line recognizer, LiteRT"),
    "browser": _("Digit network, for previews in browsers"),
}


def label_format(name: str) -> str | Promise:
    """Return what people read for the format of an artifact."""
    return NETWORKS.get(name, name)


NAMES: dict[str, str | Promise] = {
    "mnist_test": _("MNIST test set"),
    "mnist_test_as_pictures": _("MNIST test set, sent as images"),
    "held_out_writers": _("New writers, strokes"),
    "held_out_canvas_pixels": _("New writers, canvas images"),
    "held_out_canvas_strokes": _("New writers, canvas strokes"),
    "golden": _("Our own digits, redrawn"),
    "reviewed": _("Reviewed drawings kept out of training"),
    "no_digits": _("Non-digits"),
    "plain": _("Plain canvas"),
    "pen 1 px": _("1 px pen"),
    "pen 2 px": _("2 px pen"),
    "pen 6 px": _("6 px pen"),
    "pen 34 px": _("34 px pen"),
    "pen 40 px": _("40 px pen"),
    "60 px in a corner": _("60 px tall, in a corner"),
    "filling the canvas": _("Filling the canvas"),
    "tilted 12 to 22 degrees": _("Tilted by 12 to 22 degrees"),
    "blurred 4 px": _("Blurred by 4 px"),
    "JPEG quality 25": _("JPEG, quality 25"),
    "white on black": _("White on black"),
    "transparent": _("Transparent background"),
    "blue on cream": _("Blue on cream"),
    "mouse, 1 to 2 px in 800 x 1050": _("Mouse, 1 to 2 px in 800 x 1050"),
    "photo of a pen on paper": _("Photo of pen on paper"),
    "photo, ruled paper": _("Photo, ruled paper"),
    "photo, squared paper": _("Photo, squared paper"),
    "squared paper, scanned": _("Scan, squared paper"),
    "no digits": _("Non-digits"),
    "signs": _("Numbers with signs or crossed-out ink"),
    "pen width": _("Pen width"),
    "size": _("Size"),
    "tilt": _("Tilt"),
    "blur": _("Blur"),
    "degrees": _("degrees"),
    "digits": _("Digits on all canvases"),
    "digits and no digits": _("Digits and as many non-digits"),
    "digits, no digits and signs": _("Digits and as many non-digits and signs"),
    "strokes": _("From strokes"),
    "PNG": _("From an image of 280 x 280 px"),
    "PNG of five digits": _("From an image of five digits"),
    "PNG, naively": _("Baseline, from the same image"),
}
