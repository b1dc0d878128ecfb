"""Submit many drawings at once: each is accepted or refused by itself and read in the bulk lane."""

import hashlib
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from predictions.api import request_parsing
from predictions.api.parsers import JSONParser
from predictions.api.responses import submission_url
from predictions.api.schema import operations
from predictions.api.views import LimitedView, owner_of
from predictions.models import IdempotencyKey, Submission
from predictions.services.errors import Refused, error_body
from predictions.services.submit import GONE, BatchItem, digest, submit_batch, take_key
from predictions.services.validation import check_image, too_many_bytes

FORMS = 'Send a JSON list [{"strokes": ...}, {"image": base64}, ...], or multipart with a field "image" for each image.'

Checked = BatchItem | Refused


class SubmissionBatch(LimitedView):
    """`/api/v1/submissions/batch/`"""

    parser_classes = [JSONParser, MultiPartParser]
    body_help = 'Send application/json with a list, or multipart/form-data with a field "image" for each image.'

    @property
    def body_limit_bytes(self) -> int:
        return settings.BATCH_LIMIT_BYTES

    @operations.SUBMIT_BATCH
    def post(self, request: Request) -> Response:
        """Queue up to BATCH_ITEMS_LIMIT drawings and return an id or an error for each, in order."""
        owner, key = owner_of(request), request_parsing.idempotency_key(request)
        checked = [_check(item) for item in _items(request)]
        is_any_accepted = any(not isinstance(item, Refused) for item in checked)
        batch, is_replayed = _submit(owner, checked, key) if is_any_accepted else (None, False)
        rows = iter(Submission.objects.filter(owner=owner, batch=batch).order_by("key") if batch else ())
        items = [
            error_body(item.code, item.message) if isinstance(item, Refused) else _item_body(next(rows, None))
            for item in checked
        ]
        headers = {"Cache-Control": "no-store"} | ({"Idempotent-Replayed": "true"} if is_replayed else {})
        return Response({"batch": batch and str(batch), "items": items}, status=202, headers=headers)


def _items(request: Request) -> list[Any]:
    """Return the items of a batch: images with what the form says of all, JSON as values. Raises Refused."""
    if request.content_type and request.content_type.startswith("multipart/"):
        request_parsing.check_file_fields(request)
        form: Any = request.data  # a QueryDict
        images = form.getlist("image")
        if not all(isinstance(image, UploadedFile) for image in images):
            raise Refused("invalid", FORMS)
        for name in ("expects", "may_train"):
            if len(form.getlist(name)) > 1:
                raise Refused("invalid", f"{name}: Send this form field once. It holds for every image of the form.")
        options = request_parsing.read_expects(form), request_parsing.read_may_train(form)
        items: Any = [(image.read(), *options) for image in images]
    else:
        items = request.data
    if not isinstance(items, list) or not items:
        raise Refused("invalid", FORMS)
    if len(items) > settings.BATCH_ITEMS_LIMIT:
        message = f"There are {len(items)} drawings; the limit is {settings.BATCH_ITEMS_LIMIT} in a batch."
        raise Refused("too_many_items", message, 413)
    if sum(len(item[0]) for item in items if isinstance(item, tuple)) > settings.BATCH_LIMIT_BYTES:
        raise too_many_bytes(settings.BATCH_LIMIT_BYTES)
    return items


def _check(item: Any) -> Checked:
    try:
        if isinstance(item, tuple):
            image, *options = item
            return BatchItem(check_image(image), *options)
        drawing = request_parsing.read_item(item)
        return BatchItem(drawing, request_parsing.read_expects(item), request_parsing.read_may_train(item))
    except Refused as refused:
        return refused


def _submit(owner: User, checked: list[Checked], key: str | None) -> tuple[Any, bool]:
    """Queue a batch, under the idempotency key if there is one.

    Returns:
        The id of the batch, and whether an earlier request with this key queued it.
    """
    accepted = [item for item in checked if not isinstance(item, Refused)]
    if key is None:
        return submit_batch(owner, accepted), False
    digests = [_digest(item) for item in checked]
    with transaction.atomic():
        row, is_new = take_key(owner, key, hashlib.sha256(" ".join(digests).encode()).hexdigest())
        if is_new:
            batch = submit_batch(owner, accepted)
            IdempotencyKey.objects.filter(pk=row.pk).update(batch=batch)
            return batch, False
    return row.batch, True


def _digest(item: Checked) -> str:
    if isinstance(item, Refused):
        return item.code
    return digest(item.drawing, expects_sha256=item.expects.sha256 if item.expects else "")


def _item_body(row: Submission | None) -> dict[str, Any]:
    """Return an accepted drawing as JSON, or an error if it was deleted since an earlier request with this key."""
    if row is None or row.deleted_at is not None:
        return error_body("gone", GONE)
    return {"id": str(row.id), "url": submission_url(row), "status": row.status}
