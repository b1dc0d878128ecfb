"""The export of everything about a person: drawings with strokes and pictures, account, reviews and activity."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from accounts.audit.activity import all_activity
from accounts.identity.own_data import describe_account
from predictions.models import Export, Review
from predictions.worker.exports import own_sheets, own_webhooks
from predictions.worker.exports.chunks import ChunkWriter
from predictions.worker.exports.documents import to_json, write_json
from predictions.worker.exports.pictures import add_pictures
from predictions.worker.exports.zip_stream import ZipStream

CHUNK = 500
README = """\
Everything that this site keeps about you.

account.json    your profile, addresses, preferences and consent to training, and where you are logged in;
                API tokens and second factors by name
drawings.json   your drawings: strokes, readings, and what people said about them
index.csv       the same as a table, with the name of each picture
pictures/       your drawings as pictures
templates.json  your templates of sheets
sheets.json     your sheets: the values of their cells, with the id of each cell's drawing
sheets/         the pages of your sheets as pictures
webhooks.json   the addresses that are told of your sheets, and what each was told
reviews.json    what you said about drawings; those of other people have no id
activity.json   what the audit log says about your account

Your password, the keys of your second factors, the texts of your API tokens and the secrets of your webhooks are in
none of these files: with them, others could log in as you, or pretend to be this site.
A drawing that was not read yet has no picture.
"""


def write_everything(export: Export, file: ChunkWriter) -> None:
    """Write a ZIP file that README describes. Every drawing is written twice."""
    with ZipStream(file) as archive:
        archive.add("README.txt", README.encode(), export.created_at)
        archive.add("account.json", to_json(describe_account(export.owner)).encode(), export.created_at)
        _add_list(archive, "activity.json", _activity(export), export, file)
        _add_list(archive, "reviews.json", _reviews(export), export, file)
        _add_list(archive, "templates.json", own_sheets.templates_of(export), export, file)
        _add_list(archive, "sheets.json", own_sheets.sheets_of(export), export, file)
        own_sheets.add_pages(archive, export, file)
        _add_list(archive, "webhooks.json", own_webhooks.webhooks_of(export), export, file)
        with archive.begin("drawings.json", export.created_at) as member:
            write_json(export, file, to=member)
        add_pictures(archive, export, file)


def _add_list(archive: ZipStream, name: str, items: Iterable[Any], export: Export, file: ChunkWriter) -> None:
    """Add a JSON list, an item at a time."""
    with archive.begin(name, export.created_at) as member:
        member.write(b"[")
        for place, item in enumerate(items):
            member.write(f"{',' if place else ''}\n{to_json(item)}".encode())
            file.step()
        member.write(b"\n]\n")


def _activity(export: Export) -> Iterator[dict[str, Any]]:
    """Yield what the person sees among their activity: never who else acted."""
    for event in all_activity(export.owner):
        body = asdict(event) | {"what": event.what}
        del body["key"]
        yield body


def _reviews(export: Export) -> Iterator[dict[str, Any]]:
    """Yield what the person said, newest first, in their role. One query for CHUNK reviews."""
    rows = Review.objects.filter(reviewer=export.owner_id).select_related("submission").order_by("-pk")
    rows = rows.only("text", "is_digit", "role", "created_at", "withdrawn_at", "submission__id", "submission__owner")
    last = None
    while found := list((rows.filter(pk__lt=last) if last else rows)[:CHUNK]):
        for one in found:
            is_own = one.submission.owner_id == export.owner_id
            yield {
                "drawing": one.submission.id if is_own else None,
                "role": one.get_role_display(),
                "text": one.text,
                "is_digit": one.is_digit,
                "created_at": one.created_at,
                "withdrawn_at": one.withdrawn_at,
            }
        last = found[-1].pk
