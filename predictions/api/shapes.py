"""The JSON of the API as JSON Schema (OpenAPI 3.1 components), with the limits that `drawings` checks."""

from typing import Any

from django.conf import settings

from ml.types import Verdict
from predictions.api.examples import DRAWING, FINISHED, ONE_DRAWING, PICTURE
from predictions.models import ErrorCode, Role, Source, Status
from predictions.services.explanations import PLACES
from predictions.services.review import TEXT_LIMIT
from predictions.services.validation import COORDINATE_LIMIT, NUMBER_LIMIT, SIDE_LEAST, SIDE_LIMIT

Shape = dict[str, Any]

UUID: Shape = {"type": "string", "format": "uuid"}
TIME: Shape = {"type": "string", "format": "date-time"}
CHANCE: Shape = {"type": "number", "minimum": 0, "maximum": 1}
TEXT: Shape = {"type": "string"}
COUNT: Shape = {"type": "integer", "minimum": 0}
DIGIT: Shape = {"type": "integer", "minimum": 0, "maximum": 9}


def ref(name: str) -> Shape:
    """Return a pointer to the component of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(described: str, **properties: Shape) -> Shape:
    """Return an object that has all of `properties`."""
    return {"type": "object", "description": described, "properties": properties, "required": list(properties)}


def some(*values: str) -> Shape:
    """Return one of `values`."""
    return {"type": "string", "enum": [str(value) for value in values]}


def or_null(shape: Shape) -> Shape:
    """Return `shape`, or null."""
    return {"anyOf": [shape, {"type": "null"}]}


def _number(limit: float, least: float | None = None) -> Shape:
    return {"type": "number", "minimum": -limit if least is None else least, "maximum": limit}


POINT = {
    "type": "array",
    "description": "[x, y], [x, y, t_ms] or [x, y, t_ms, pressure]",
    "prefixItems": [*2 * [_number(COORDINATE_LIMIT)], *2 * [_number(NUMBER_LIMIT)]],
    "items": _number(NUMBER_LIMIT),
    "minItems": 2,
    "maxItems": 4,
}
STROKES = {
    "type": "array",
    "description": f"Strokes, each a list of points; at most {settings.POINTS_LIMIT} points in all, at least one.",
    "items": {"type": "array", "items": POINT},
    "contains": {"type": "array", "minItems": 1},
    "minItems": 1,
    "maxItems": settings.STROKES_LIMIT,
}
SIDE = or_null(_number(SIDE_LIMIT, least=SIDE_LEAST))
CANVAS = or_null(UUID | {"description": "The sheet it is drawn on: a newer drawing of it stands for the older."})
IMAGE = {"type": "string", "format": "binary", "description": "A PNG, JPEG or WebP."}

_ENDS: Shape = {
    "id": UUID,
    "url": {"type": "string", "description": "The path of this submission."},
    "status": some(*Status),
    "source": some(*Source),
    "batch": or_null(UUID),
    "created_at": TIME,
    "finished_at": or_null(TIME),
    "label": or_null(ref("Label")),
    "error": or_null(ref("Failure")),
}
_ERRAND: Shape = {
    "status": some(*Status),
    "model": ref("Model"),
    "asked_at": TIME,
    "finished_at": or_null(TIME),
    "error": or_null(ref("Failure")),
}

SHAPES: dict[str, Shape] = {
    "Error": record("Why nothing was done.", error=record("", code=TEXT, message=TEXT)),
    "Failure": record("Why a submission failed, or what was asked for it later.", code=some(*ErrorCode), message=TEXT),
    "Strokes": {
        "type": "object",
        "description": "A drawing as the strokes of a pen. The sizes are those of the sheet and of the pen on it.",
        "properties": {"strokes": STROKES, "width": SIDE, "height": SIDE, "pen_px": SIDE, "canvas": CANVAS},
        "required": ["strokes"],
        "not": {"required": ["image"]},
        "example": DRAWING,
    },
    "Base64Image": {
        "type": "object",
        "description": "An image in JSON: a PNG, JPEG or WebP in base64 (RFC 4648), without line breaks.",
        "properties": {"image": {"type": "string", "format": "byte"}, "canvas": CANVAS},
        "required": ["image"],
        "not": {"required": ["strokes"]},
        "example": {"image": PICTURE},
    },
    "Drawing": {"oneOf": [ref("Strokes"), ref("Base64Image")]},
    "ImageForm": {
        "type": "object",
        "properties": {"image": IMAGE, "canvas": UUID},
        "required": ["image"],
    },
    "Batch": {
        "type": "array",
        "description": "Drawings, each a `Drawing`; what is none gets an error in its place.",
        "items": {},
        "minItems": 1,
        "maxItems": settings.BATCH_ITEMS_LIMIT,
        "example": [DRAWING, ONE_DRAWING],
    },
    "ImagesForm": {
        "type": "object",
        "properties": {
            "image": {"type": "array", "items": IMAGE, "minItems": 1, "maxItems": settings.BATCH_ITEMS_LIMIT}
        },
        "required": ["image"],
    },
    "Taken": record("", id=UUID, url=TEXT, status=some(*Status)),
    "TakenBatch": record(
        "The items stand in the order in which they were sent.",
        batch=or_null(UUID),
        items={"type": "array", "items": {"anyOf": [ref("Taken"), ref("Error")]}},
    ),
    "Label": record("What a person says is true.", text=TEXT, is_digit={"type": "boolean"}, by=some(*Role)),
    "Answer": {
        "type": "object",
        "description": 'The digits it really shows; "" says that it is no digit.',
        "properties": {"text": {"type": "string", "pattern": f"^[0-9]{{0,{TEXT_LIMIT}}}$"}},
        "required": ["text"],
        "example": {"text": "1"},
    },
    "Digit": record(
        "One digit that was found.",
        digit=DIGIT,
        confidence=CHANCE,
        probabilities={"type": "array", "items": CHANCE, "minItems": 10, "maxItems": 10},
        box={"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
        input={"type": "string", "description": "Base64 of the 28 x 28 bytes that the network saw, 255 = ink."},
    ),
    "Model": record("Who read it.", version=TEXT, sha256=TEXT),
    "Receipt": record(
        "How it was read.",
        runtime=TEXT,
        device=TEXT,
        batch_size={"type": "integer", "minimum": 1},
        queued_at=TIME,
        started_at=or_null(TIME),
        finished_at=TIME,
    ),
    "Result": record(
        "What was read. `text` is the best reading, and `confidence` the chance that exactly this was written.",
        text=TEXT,
        verdict=some(*Verdict),
        confidence=CHANCE,
        digits={"type": "array", "items": ref("Digit")},
        preprocessing=TEXT,
        model=ref("Model"),
        receipt=ref("Receipt"),
    ),
    "Submission": record(
        "A drawing and where it stands. `result` is its answer, which never changes; `readings` are later models'.",
        **_ENDS,
        result=or_null(ref("Result")),
        readings={"type": "array", "items": ref("Result")},
    )
    | {"example": FINISHED},
    "ExplainedDigit": record(
        "Why one digit was read, and not the runner-up. `log_odds`: the natural logarithm of how many times likelier. "
        "`heat`, 28 rows of 28: by how much it falls if the ink around this pixel of `input` is wiped; above 0 spoke "
        "for the digit, below for the runner-up. `for_at` and `against_at`: where most spoke. The example is cut.",
        digit=DIGIT,
        runner_up=DIGIT,
        log_odds={"type": "number"},
        for_at=or_null(some(*PLACES)),
        against_at=or_null(some(*PLACES)),
        heat={"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
    ),
    "Explanation": record(
        "Why it was read so, in words, and for each digit of the reading in numbers.",
        **_ERRAND,
        explanation=or_null(record("", text=TEXT, digits={"type": "array", "items": ref("ExplainedDigit")})),
    ),
    "ReadAgain": record(
        "A new reading; `asked_at` is null if that model had read it anyway.",
        **_ERRAND | {"asked_at": or_null(TIME)},
        reading=or_null(ref("Result")),
    ),
    "ListedSubmission": record(
        "A drawing as lists show it.",
        **_ENDS,
        text=or_null(TEXT),
        verdict=or_null(some(*Verdict)),
        confidence=or_null(CHANCE),
    ),
    "Page": record(
        "Newest first.",
        results={"type": "array", "items": ref("ListedSubmission")},
        next=or_null({"type": "string", "description": "The path of the next page."}),
    ),
    "Queue": record(
        "The queue now; `errands`: explanations and readings anew that are not done.",
        queued=COUNT,
        running=COUNT,
        oldest_s={"type": "number", "minimum": 0},
        errands=COUNT,
        workers=COUNT,
    ),
}
