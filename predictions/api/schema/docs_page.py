"""Serve the checked-in OpenAPI schema, as JSON and as a page.

The page is ours because Swagger UI and Redoc need inline styles, which our Content-Security-Policy forbids.
"""

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

FILE = Path(__file__).parents[1] / "openapi.json"


@require_safe
@cache_control(public=True, max_age=300)
def schema(request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI 3.1 schema as JSON; public."""
    return HttpResponse(FILE.read_bytes(), content_type="application/json")


@require_safe
def docs_page(request: HttpRequest) -> HttpResponse:
    """Show the schema as a page; public."""
    context = {"operations": _operations(), "public_url": settings.PUBLIC_URL}
    return render(request, "predictions/docs.html", context)


@cache
def _operations() -> list[dict[str, Any]]:
    """Return each operation as the page's template needs it."""
    paths = json.loads(FILE.read_text(encoding="utf-8"))["paths"]
    found = [
        {"method": method.upper(), "path": path, **_operation(operation)}
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]
    return sorted(found, key=lambda operation: ("queue" in operation["path"], operation["path"].count("/")))


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    return {
        "id": operation["operationId"],
        "summary": operation["summary"],
        "description": _to_html(operation.get("description", "")),
        "parameters": [_parameter(parameter) for parameter in operation.get("parameters", [])],
        "bodies": list(body),
        "body_example": next((json.dumps(example) for example in _examples(body)), None),
        "responses": [_response(status, response) for status, response in sorted(operation["responses"].items())],
    }


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    choices = " | ".join(schema.get("enum", ()))
    limits = f"{schema['minimum']} to {schema['maximum']}" if "minimum" in schema else ""
    return {
        "name": parameter["name"],
        "in": parameter["in"],
        "type": choices or f"{schema.get('format') or schema['type']} {limits}".strip(),
        "description": _to_html(parameter.get("description", "")),
    }


def _response(status: str, response: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": status,
        "is_error": status >= "400",
        "description": _to_html(response.get("description", "")),
        "headers": list(response.get("headers", {})),
        "examples": [json.dumps(example, indent=1) for example in _examples(response.get("content", {}))],
    }


def _examples(content: dict[str, Any]) -> list[Any]:
    """Return the examples of a body, of all its media types."""
    return [example["value"] for media in content.values() for example in media.get("examples", {}).values()]


def _to_html(text: str) -> SafeString:
    """Return a description as HTML, escaped before backquoted words become code."""
    return mark_safe(re.sub("`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S308  # nosec # nosemgrep: unescaped-html
