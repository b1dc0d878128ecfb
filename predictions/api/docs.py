"""The API's own description: the checked-in schema as JSON, and the same as a page to read."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

FILE = Path(__file__).with_name("openapi.json")


@require_safe
@cache_control(public=True, max_age=300)
def schema(request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI 3.1 schema, to anybody."""
    return HttpResponse(FILE.read_bytes(), content_type="application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the schema as a page, to anybody."""
    here = {"operations": _operations(), "public_url": settings.PUBLIC_URL}
    return render(request, "predictions/docs.html", here)


@cache
def _operations() -> list[dict[str, Any]]:
    """Return each operation with what the page shows of it."""
    described = json.loads(FILE.read_text(encoding="utf-8"))
    shapes = described["components"]["schemas"]
    found = [
        {"method": method.upper(), "path": path, **_shown(operation, shapes)}
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]
    return sorted(found, key=lambda operation: ("queue" in operation["path"], operation["path"].count("/")))


def _shown(operation: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    example = next((found for content in body.values() if (found := _example(content["schema"], shapes))), None)
    return {
        "id": operation["operationId"],
        "summary": operation["summary"],
        "description": _words(operation.get("description", "")),
        "parameters": [_parameter(parameter) for parameter in operation.get("parameters", [])],
        "bodies": list(body),
        "body_example": example and json.dumps(example),
        "answers": [_answer(status, said) for status, said in sorted(operation["responses"].items())],
    }


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    shape = parameter["schema"]
    values = " | ".join(shape.get("enum", ()))
    span = f"{shape['minimum']} to {shape['maximum']}" if "minimum" in shape else ""
    return {
        "name": parameter["name"],
        "in": parameter["in"],
        "type": values or f"{shape.get('format') or shape['type']} {span}".strip(),
        "description": _words(parameter.get("description", "")),
    }


def _words(text: str) -> SafeString:
    """Return a description as HTML: what stands in backquotes is code."""
    return mark_safe(re.sub("`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S308 (escaped before)


def _example(shape: dict[str, Any], shapes: dict[str, Any]) -> Any:
    """Return the example of a body's shape, or of the first of its kinds."""
    name = shape.get("$ref", "").rpartition("/")[2]
    shape = shapes.get(name, shape)
    return shape.get("example") or next((_example(kind, shapes) for kind in shape.get("oneOf", ())), None)


def _answer(status: str, said: dict[str, Any]) -> dict[str, Any]:
    examples = [
        json.dumps(example["value"], indent=1)
        for content in said.get("content", {}).values()
        for example in content.get("examples", {}).values()
    ]
    return {
        "status": status,
        "is_error": status >= "400",
        "description": _words(said.get("description", "")),
        "headers": list(said.get("headers", {})),
        "examples": examples,
    }
