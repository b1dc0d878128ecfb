"""Draw the figures that show drawings: distorted golden drawings, never those of a data set."""

import io

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from ml.data.canvas_variants import BLUE, CREAM, Canvas, draw_variant
from ml.evaluation.report.figure_style import ACCENT, GOOD, INK_RAMP, INK_SOFT, LINE, PROBLEM, WARNING
from ml.evaluation.stress import DRAWINGS, SEED, Sample, golden_strokes, read_stress_drawings
from ml.preprocessing.images import page_from_image
from ml.recognition.reader import Reader
from ml.recognition.text_line import find_text_line
from ml.types import CLASSES, SIDE, DigitReading, Reading, Verdict

COLUMNS = 10
PIPELINE_DIGIT, PIPELINE_SEED = 5, 2
COLOURS = {Verdict.DIGIT: GOOD, Verdict.UNSURE: WARNING, Verdict.NOT_A_DIGIT: PROBLEM}
VERDICT_NAMES = {Verdict.DIGIT: "digit", Verdict.UNSURE: "unsure", Verdict.NOT_A_DIGIT: "not a digit"}


def draw_stress_samples(reader: Reader) -> Figure:
    """Show the first drawings of the stress test, and the first of each kind of error."""
    samples = read_stress_drawings(reader)
    wrong = [sample for sample in samples if not sample.is_right]
    kinds = list({(sample.digit, sample.reading.text): sample for sample in reversed(wrong)}.values())[::-1]
    figure = plt.figure(figsize=(9, 4.3))
    upper = figure.add_gridspec(2, COLUMNS, left=0.01, right=0.99, top=0.88, bottom=0.47, hspace=0.55, wspace=0.1)
    lower = figure.add_gridspec(1, COLUMNS, left=0.01, right=0.99, top=0.24, bottom=0.08, wspace=0.1)
    for place, sample in enumerate(samples[: 2 * COLUMNS]):
        _show_sample(figure.add_subplot(upper[place // COLUMNS, place % COLUMNS]), sample)
    for place, sample in enumerate(kinds[:COLUMNS]):
        _show_sample(figure.add_subplot(lower[0, place]), sample)
    accuracy = 1 - len(wrong) / DRAWINGS
    figure.text(0.01, 0.955, f"The first {2 * COLUMNS} of {DRAWINGS:,} distorted drawings", fontsize=11)
    figure.text(0.01, 0.315, f"{accuracy:.1%} of all were read correctly; one error of each kind", fontsize=11)
    return figure


def _show_sample(axis: Axes, sample: Sample) -> None:
    height, width = sample.page.ink.shape
    field = np.zeros((max(height, width),) * 2)
    top, left = (len(field) - height) // 2, (len(field) - width) // 2
    field[top : top + height, left : left + width] = sample.page.ink
    axis.imshow(field, cmap=INK_RAMP, vmin=0, vmax=1)
    axis.axis("on")
    axis.set(xticks=[], yticks=[])
    axis.grid(visible=False)
    for spine in axis.spines.values():
        spine.set(visible=True, color=LINE)
    reading = sample.reading
    label = "" if sample.is_right else f" ({sample.digit})"
    axis.set_title(
        f"{reading.text}{label}", loc="center", fontsize=9.5, pad=3, color=GOOD if sample.is_right else PROBLEM
    )
    axis.set_xlabel(
        f"{_percent(reading.confidence)} {VERDICT_NAMES[reading.verdict]}",
        fontsize=6.8,
        labelpad=3,
        color=COLOURS[reading.verdict],
    )


def _percent(confidence: float) -> str:
    """Format a confidence so that it never reads 100%."""
    return "over 99%" if confidence > 0.99 else f"{confidence:.0%}"


def draw_pipeline(reader: Reader) -> Figure:
    """Show one drawing at each step: picture with bounding box, ink, 28 x 28 input, probabilities."""
    strokes = golden_strokes(PIPELINE_DIGIT, PIPELINE_SEED)
    canvas = Canvas(pen_px=8, size_px=96, in_corner=True, tilt_degrees=(8, 8), paper=CREAM, pen_colour=BLUE)
    picture = _as_jpeg(draw_variant(strokes, canvas, np.random.default_rng(SEED)))
    page = page_from_image(picture)
    (reading,) = reader.read([find_text_line(page)])
    guess = reading.digits[0]
    figure, axes = plt.subplots(1, 4, figsize=(9, 2.75), layout="constrained", width_ratios=(1, 1, 1, 1.15))
    axes[0].imshow(picture)
    x, y, width, height = guess.box
    axes[0].add_patch(Rectangle((x, y), width, height, fill=False, color=PROBLEM, linewidth=1.4))
    axes[1].imshow(page.ink, cmap=INK_RAMP)
    axes[2].imshow(np.frombuffer(guess.input, dtype=np.uint8).reshape(SIDE, SIDE), cmap=INK_RAMP)
    titles = ("1  Upload, bounding box", "2  Ink", "3  Network input")
    for axis, title in zip(axes, titles, strict=False):
        axis.set(title=title, xticks=[], yticks=[])
        axis.grid(visible=False)
    for spine in (spine for axis in axes[:3] for spine in axis.spines.values()):
        spine.set(visible=True, color=LINE)
    _show_probabilities(axes[3], reading, guess)
    return figure


def _as_jpeg(picture: Image.Image) -> Image.Image:
    """Return the picture as a JPEG."""
    saved = io.BytesIO()
    picture.save(saved, "JPEG", quality=60)
    return Image.open(saved)


def _show_probabilities(axis: Axes, reading: Reading, guess: DigitReading) -> None:
    colours = [ACCENT if digit == guess.digit else INK_SOFT for digit in range(CLASSES)]
    axis.barh(range(CLASSES), guess.probabilities, color=colours)
    axis.set(yticks=range(CLASSES), xlim=(0, 1), xlabel="probability if it is a digit")
    axis.invert_yaxis()
    axis.set_title(f"4  Reading: {reading.text}, {_percent(reading.confidence)}")
