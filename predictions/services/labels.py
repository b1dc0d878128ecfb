"""Names of verdicts, statuses and the data sets of a model card, for people."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ml.types import Verdict
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


NAMES: dict[str, str | Promise] = {
    "mnist_test": _("MNIST test set"),
    "mnist_test_as_pictures": _("the same, sent as images"),
    "held_out_writers": _("writers not in the training data, as strokes"),
    "held_out_canvas_pixels": _("the same writers on a canvas, as images"),
    "held_out_canvas_strokes": _("the same writers on a canvas, as strokes"),
    "no_digits": _("not digits"),
    "no digits": _("not digits"),
    "plain": _("a plain canvas"),
    "pen 1 px": _("a pen of 1 px"),
    "pen 2 px": _("a pen of 2 px"),
    "pen 6 px": _("a pen of 6 px"),
    "pen 34 px": _("a pen of 34 px"),
    "pen 40 px": _("a pen of 40 px"),
    "60 px in a corner": _("60 px tall, in a corner"),
    "filling the canvas": _("filling the canvas"),
    "tilted 12 to 22 degrees": _("tilted by 12 to 22 degrees"),
    "blurred 4 px": _("blurred by 4 px"),
    "JPEG quality 25": _("a JPEG of quality 25"),
    "white on black": _("white on black"),
    "transparent": _("on a transparent background"),
    "blue on cream": _("blue on cream"),
    "mouse, 1 to 2 px in 800 x 1050": _("a mouse, 1 to 2 px wide in 800 x 1050"),
    "photo of a pen on paper": _("a photo of pen on paper"),
    "photo, ruled paper": _("a photo, ruled paper"),
    "photo, squared paper": _("a photo, squared paper"),
    "squared paper, scanned": _("squared paper, scanned"),
    "pen width": _("Pen width"),
    "size": _("Size"),
    "tilt": _("Tilt"),
    "blur": _("Blur"),
    "degrees": _("degrees"),
    "digits": _("Digits on all kinds of canvas"),
    "digits and no digits": _("The same, plus as many that are not digits"),
    "strokes": _("from strokes"),
    "PNG": _("from a 280 x 280 image"),
    "PNG, naively": _("from that image, with naive scaling"),
}
