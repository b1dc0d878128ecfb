"""What Schemathesis cannot know from the schema: real images, and limits that depend on other fields."""

import base64
import io
import os

import schemathesis
from hypothesis import strategies as st
from PIL import Image, ImageDraw

SIDE_LEAST, SIDE_LIMIT = 0.001, 100_000  # of the schema


MAX_QUERY_CHARS = 500


def _picture(format_: str) -> bytes:
    image = Image.new("L", (28, 28), 255)
    ImageDraw.Draw(image).line([(6, 6), (21, 6), (12, 23)], fill=0, width=3)
    data = io.BytesIO()
    image.save(data, format_)
    return data.getvalue()


PICTURES = {f"image/{format_.lower()}": _picture(format_) for format_ in ("PNG", "JPEG", "WEBP")}
any_picture = st.sampled_from(list(PICTURES.values()))

for type_, data in PICTURES.items():
    schemathesis.openapi.media_type(type_, st.just(data))
schemathesis.openapi.media_type("application/octet-stream", any_picture)
schemathesis.openapi.format("byte", any_picture.map(lambda data: base64.b64encode(data).decode()))
schemathesis.openapi.format("binary", any_picture.map(lambda data: data))
schemathesis.openapi.format("expects-pattern", st.sampled_from(["dd/dd/dddd", "[+-]?d?d.d", "(ddd)ddd-dddd"]))
schemathesis.openapi.format("expects-form", st.sampled_from(["date", '{"kind": "digits", "length": 1}']))
schemathesis.openapi.format("column-name", st.sampled_from([f"Column {number}" for number in range(200)]))
schemathesis.openapi.format("sheet-cursor", st.just(os.environ["INKLING_SHEET_CURSOR"]))
schemathesis.openapi.format("delivery-cursor", st.just(os.environ["INKLING_DELIVERY_CURSOR"]))
schemathesis.openapi.format(
    "webhook-address", st.sampled_from([f"https://hooks.example.org/{number}" for number in range(20)])
)
schemathesis.openapi.format("cursor", st.just(os.environ["INKLING_CURSOR"]))


@schemathesis.hook
def before_call(context, case, kwargs):
    """Keep the limits that depend on other fields: of a pen on the canvas and strokes, of a largest on a smallest."""
    for name, value in (case.query or {}).items():
        if len(str(value)) > MAX_QUERY_CHARS:  # gunicorn answers 414 to an address that is longer than any of ours
            case.query[name] = str(value)[:MAX_QUERY_CHARS]
    pen_px = case.body.get("pen_px") if isinstance(case.body, dict) else None
    if isinstance(pen_px, int | float) and SIDE_LEAST < pen_px <= SIDE_LIMIT:
        case.body = case.body | {"pen_px": SIDE_LEAST}
    expects = case.body.get("expects") if isinstance(case.body, dict) else None
    if isinstance(expects, dict):
        for least, most in (("min", "max"), ("min_length", "max_length")):
            pair = [expects.get(least), expects.get(most)]
            if all(isinstance(one, int | float) for one in pair) and pair[0] > pair[1]:
                case.body = case.body | {"expects": expects | {least: pair[1], most: pair[0]}}
                expects = case.body["expects"]
