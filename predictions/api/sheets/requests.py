"""Read what clients send about sheets."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from ml.sheets.characters import find_invisible, name_characters
from ml.sheets.files import TooLarge, UnreadableImage
from ml.sheets.template import MAX_TITLE_CHARS, InvalidTemplate, Template, parse_template
from predictions.api.request_parsing import parse_uuid
from predictions.api.views import owner_of
from predictions.models import Sheet, SheetTemplate
from predictions.models.sheets import MAX_PAGES
from predictions.services.errors import Refused
from predictions.services.sheets.overview import sheets_of

SEND_FILES = 'Send multipart/form-data with a field "file" for each photograph, or with a PDF.'


def get_sheet(request: Request, id_: Any) -> Sheet:
    """Return the user's own sheet. Raises Http404, for other users' sheets too."""
    mine = sheets_of(owner_of(request)).select_related("template").defer("template__table")
    return get_object_or_404(mine, pk=id_)


def get_template(request: Request, id_: Any) -> SheetTemplate:
    """Return a version of the user's own template. Raises Http404."""
    return get_object_or_404(SheetTemplate, pk=id_, owner=owner_of(request))


def read_object(request: Request, *known: str) -> dict[str, Any]:
    """Return a JSON object with no fields but these. Raises Refused."""
    body = request.data
    if not isinstance(body, dict):
        raise Refused("invalid", f"Send a JSON object with {', '.join(known)}.")
    if unknown := [name for name in body if name not in known]:
        raise Refused("invalid", f"{unknown[0][:40]} is not known here. Known are {', '.join(known)}.")
    return body


def read_form(form: Any) -> Template:
    """Return the template that a client describes. Raises Refused, 422, with the part that is wrong."""
    try:
        return parse_template(form)
    except InvalidTemplate as error:
        raise invalid_template(error) from None


def invalid_template(error: InvalidTemplate) -> Refused:
    """Return the refusal of a form, which names the part: `columns[2].name: ...`."""
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.path).lstrip(".")
    return Refused("invalid_template", f"{where}: {error}" if where else str(error), 422)


def read_files(request: Request, *fields: str) -> list[bytes]:
    """Return the contents of the files of a form that has no fields but `file` and these. Raises Refused."""
    form: Any = request.data  # a QueryDict
    files = form.getlist("file") if hasattr(form, "getlist") else []
    if not files or not all(isinstance(file, UploadedFile) for file in files):
        raise Refused("invalid", SEND_FILES)
    for name in form:
        if name not in ("file", *fields):
            known = ", ".join(("file", *fields))
            raise Refused("invalid", f"{name[:40]} is not known here. Known are {known}.")
        if name != "file" and (len(form.getlist(name)) > 1 or name in request.FILES):
            raise Refused("invalid", f"{name}: Send this form field once, as a text.")
    if len(files) > MAX_PAGES:
        raise Refused("too_many_items", f"There are {len(files)} files; a sheet has at most {MAX_PAGES} pages.", 413)
    return [file.read() for file in files]


def read_title(request: Request) -> str:
    """Return the title in a form, "" without one. Raises Refused."""
    form: Any = request.data
    return check_title(form.get("title", ""))


def check_title(text: Any) -> str:
    """Return a title as it is stored; "" for none. Raises Refused."""
    if not isinstance(text, str):
        raise Refused("invalid", 'title: Send a text, "" for the title of the template.')
    title = " ".join(text.split())
    if invisible := find_invisible(title):
        raise Refused("invalid", f"title: Leave out what can't be printed: {name_characters(invisible)}.")
    if len(title) > MAX_TITLE_CHARS:
        raise Refused("invalid", f"title: Send a text of at most {MAX_TITLE_CHARS} characters.")
    return title


def read_template(request: Request) -> SheetTemplate | None:
    """Return the template that a form names, if it does. Raises Refused."""
    form: Any = request.data
    text = form.get("template")
    if text is None:
        return None
    try:
        key = parse_uuid(text)
    except ValueError:
        raise Refused("invalid", "template: Send the id of a template, a UUID, or leave it out.") from None
    found = SheetTemplate.objects.filter(pk=key, owner=owner_of(request)).first()
    if found is None:
        raise Refused("not_found", "template: This is not the id of a template of yours.", 404)
    return found


def digest(files: Sequence[bytes], template: SheetTemplate | None, title: str) -> str:
    """Return the SHA-256 of what was sent, not of its request: a form has another boundary each time."""
    whole = hashlib.sha256(f"sheet {template.pk if template else ''} {title}".encode())
    for data in files:
        whole.update(hashlib.sha256(data).digest())
    return whole.hexdigest()


@contextmanager
def refusing_files() -> Iterator[None]:
    """Refuse what is no photograph and no PDF, with the sentence that says what to send."""
    try:
        yield
    except UnreadableImage as error:
        raise Refused("unreadable", str(error)) from None
    except TooLarge as error:
        raise Refused("too_large", str(error), 413) from None
