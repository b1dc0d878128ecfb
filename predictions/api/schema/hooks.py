"""What drf-spectacular needs to know about this project; named in `SPECTACULAR_SETTINGS`."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from accounts.scopes import Scope

# requests in which an unknown field is refused
CLOSED = (
    "ExportRequest",
    "Filters",
    "WebhookRequest",
    "PatchedWebhookRequest",
    "CellChange",
    "Columns",
    "Files",
    "PatchedSheetTitle",
    "SheetForm",
    "Threshold",
)


class TokenScheme(OpenApiAuthenticationExtension):
    """Authentication by API token."""

    target_class = "accounts.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        text = (
            "`Authorization: Token ink_...`, with a token from your profile or `make token USER=demo`. "
            "GET needs its scope `read`, other methods `write`."
        )
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": text}


def drop_paths_without_slash(endpoints: list[Any], **_: Any) -> list[Any]:
    """Drop the paths that differ from another only by the missing slash at their end."""
    paths = {endpoint[0] for endpoint in endpoints}
    return [endpoint for endpoint in endpoints if f"{endpoint[0]}/" not in paths]


def finish_schema(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Require each body, forbid strokes and image in one drawing, call an id `id`, drop internal marks, name scopes."""
    _drop_enum_ids(result)
    schemas = result["components"]["schemas"]
    schemas["Strokes"]["not"] = {"required": ["image"]}
    schemas["Base64Image"]["not"] = {"required": ["strokes"]}
    for name in CLOSED:
        schemas[name]["additionalProperties"] = False
    _limit_exports(schemas)
    _limit_cell_changes(schemas["CellChange"])
    for method, operation in (each for path in result["paths"].values() for each in path.items()):
        operation["security"] = [{"token": [Scope.READ.value if method == "get" else Scope.WRITE.value]}]
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True
        for parameter in operation.get("parameters", ()):
            parameter["name"] = "id" if parameter["name"] == "id_" else parameter["name"]
    result["paths"] = {path.replace("{id_}", "{id}"): operations for path, operations in result["paths"].items()}
    return result


def _limit_exports(schemas: dict[str, Any]) -> None:
    """Forbid unknown fields in the request of an export, and those that do not go with its format."""
    kinds = schemas["ExportRequest"]["properties"]["format"]["enum"]
    of_drawings = [kind for kind in kinds if kind not in ("everything", "sheet")]
    schemas["ExportRequest"]["anyOf"] = [
        {"properties": {"format": {"enum": of_drawings}}, "not": {"required": ["sheet"]}},
        {"properties": {"format": {"enum": ["everything"]}}, "not": _with_any("filters", "ids", "sheet")},
        {"properties": {"format": {"enum": ["sheet"]}}, "required": ["sheet"], "not": _with_any("filters", "ids")},
    ]


def _limit_cell_changes(schema: dict[str, Any]) -> None:
    """Require a text for the action `type`, and forbid it for others."""
    others = [action for action in schema["properties"]["action"]["enum"] if action != "type"]
    schema["properties"]["text"]["minLength"] = 1
    schema["anyOf"] = [
        {"properties": {"action": {"enum": ["type"]}}, "required": ["text"]},
        {"properties": {"action": {"enum": others}}, "not": {"required": ["text"]}},
    ]


def _with_any(*names: str) -> dict[str, Any]:
    """Return the schema of an object that has one of these fields."""
    return {"anyOf": [{"required": [name]} for name in names]}


def _drop_enum_ids(node: Any) -> None:
    """Remove the marks that drf-spectacular leaves for a hook that we do not use."""
    if isinstance(node, dict):
        node.pop("x-spec-enum-id", None)
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _drop_enum_ids(child)
