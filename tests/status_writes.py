"""Find code that writes the status of a submission, job or comparison, in any of the ways that Django offers."""

import ast
import re
from collections.abc import Iterator

COLUMN = "status"
# Calls that take `status` to select rows, or as the status of an HTTP response. Any other call with it is a write.
READERS = {
    "filter", "exclude", "get", "get_or_none", "get_object_or_404", "Q", "When", "annotate", "alias", "aggregate",
    "Response", "HttpResponse", "JsonResponse", "StreamingHttpResponse", "render", "dict", "record",
}  # fmt: skip
MERGERS = {"get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"}  # with dicts of columns
COLUMN_LISTS = {"bulk_update", "abulk_update", "bulk_create", "abulk_create", "save", "asave"}  # with lists of columns
TABLES = (
    '"?(?:predictions_)?(?:' + "|".join(("submission", "errand", "comparison")) + ')s?"?'
)  # `errand`: the table of jobs
SQL = re.compile(
    rf"\b(?:UPDATE(?:\s+ONLY)?|INSERT\s+INTO|MERGE\s+INTO|COPY)\s+(?:{TABLES}\b|\{{|%s)|\bSET\s+(?:(?!\bWHERE\b)[^;])*?\bstatus\"?\s*=[^=]",
    re.IGNORECASE,
)


def find_status_writes(code: str) -> list[str]:
    """Return a line for each write of a status in `code`. Writes through names built at run time are not found."""
    tree = ast.parse(code)
    splatted, exempt = set(_splatted_names(tree)), set(_attributes_of_exceptions(tree))
    return [
        f"line {getattr(node, 'lineno', 0)}: {what}"
        for node in ast.walk(tree)
        if node not in exempt
        for what in _describe(node, splatted)
    ]


def _describe(node: ast.AST, splatted: set[str]) -> Iterator[str]:
    if SQL.search(_text(node)):
        yield "SQL"
    match node:
        case ast.Attribute(attr="status", ctx=ast.Store()):
            yield "assigns the attribute"
        case ast.Subscript(ctx=ast.Store(), value=ast.Attribute(attr="__dict__") | ast.Call(func=ast.Name(id="vars"))):
            if _is_column(node.slice):
                yield "assigns in __dict__"
        case ast.Subscript(ctx=ast.Store(), value=ast.Name(id=name)) if name in splatted and _is_column(node.slice):
            yield f"puts it in {name}, which becomes keywords"
        case ast.Assign(targets=targets, value=value) if _holds_column(value):
            yield from (f"{name} becomes keywords" for name in map(_name, targets) if name in splatted)
        case ast.AugAssign(target=target, value=value) | ast.AnnAssign(target=target, value=value):
            if value is not None and _holds_column(value) and _name(target) in splatted:
                yield f"{_name(target)} becomes keywords"
        case ast.Call():
            yield from _describe_call(node)


def _describe_call(call: ast.Call) -> Iterator[str]:
    name = _name(call.func)
    if name in {"setattr", "__setattr__"} and any(map(_is_column, call.args)):
        yield f"calls {name}"
    if name in READERS:
        return
    for keyword in call.keywords:
        if keyword.arg == COLUMN or (keyword.arg is None and _holds_column(keyword.value)):
            yield f"passes it to {name}"
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    if name in MERGERS and any(_holds_column(part) for value in values for part in ast.walk(value)):
        yield f"passes it to {name}"
    if name in COLUMN_LISTS and any(_is_column(part) for value in values for part in ast.walk(value)):
        yield f"names the column in {name}"


def _splatted_names(tree: ast.AST) -> Iterator[str]:
    """Yield the names whose entries become keywords of a call that may write."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) not in READERS):
        for keyword in call.keywords:
            if keyword.arg is None or keyword.arg in {"defaults", "create_defaults"}:
                yield from (part.id for part in ast.walk(keyword.value) if isinstance(part, ast.Name))


def _holds_column(value: ast.expr | ast.AST) -> bool:
    """Return True for a dict, written as a literal or a call, or a union of dicts, with the column as a key."""
    match value:
        case ast.Dict(keys=keys, values=values):
            spread = (inner for key, inner in zip(keys, values, strict=True) if key is None)
            return any(_is_column(key) for key in keys if key) or any(map(_holds_column, spread))
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            return any(keyword.arg == COLUMN for keyword in keywords)
        case ast.BinOp(left=left, right=right):
            return _holds_column(left) or _holds_column(right)
    return False


def _attributes_of_exceptions(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the attributes in exception classes, whose `status` is that of an HTTP response."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(_name(base).endswith(("Exception", "Error")) for base in node.bases):
            yield from (part for part in ast.walk(node) if isinstance(part, ast.Attribute))


def _is_column(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value == COLUMN


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _text(node: ast.AST) -> str:
    """Return the text of a string; `{` stands for each part of an f-string that is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(value) if isinstance(value, ast.Constant) else "{" for value in values)
    return ""
