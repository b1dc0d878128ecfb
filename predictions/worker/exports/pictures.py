"""Exports as pictures: a ZIP file with an index, in which strokes are drawn as they are for reading."""

import tempfile
from collections.abc import Iterator
from shutil import copyfileobj
from typing import Any

from PIL import Image

from accounts.csv_lines import BYTE_ORDER_MARK, csv_lines
from ml.png import encode_png
from ml.preprocessing.ink import BlankDrawing
from ml.preprocessing.strokes import render_strokes
from predictions.models import Drawing, Export
from predictions.worker.exports.chunks import ChunkWriter
from predictions.worker.exports.rows import COLUMNS, Row, in_batches, read_drawings, read_parts
from predictions.worker.exports.tables import csv_cells
from predictions.worker.exports.zip_stream import HELD_BYTES, ZipStream

FOLDER = "pictures"
INDEX = "index.csv"


def write_png(export: Export, file: ChunkWriter) -> None:
    """Write the pictures, and an index that tells which is which."""
    with ZipStream(file) as archive:
        add_pictures(archive, export, file)


def add_pictures(archive: ZipStream, export: Export, file: ChunkWriter) -> None:
    """Add the picture of each drawing that has one, then the index."""
    with tempfile.SpooledTemporaryFile(HELD_BYTES) as index:
        lines = csv_lines((*COLUMNS, "file"), (csv_cells(cells) for cells in _add_each(archive, export, file)))
        index.write(BYTE_ORDER_MARK.encode())
        for line in lines:
            index.write(line.encode())
        index.seek(0)
        with archive.begin(INDEX, export.created_at) as member:
            copyfileobj(index, member)


def _add_each(archive: ZipStream, export: Export, file: ChunkWriter) -> Iterator[list[Any]]:
    for rows in read_parts(export):
        for batch in in_batches(rows):
            drawings = read_drawings(batch, with_images=True)
            for row in batch:
                drawing = drawings.get(row.submission.pk)
                name = name_file(row, drawing) if drawing else None
                data = _picture(drawing) if drawing and name else b""
                if name and data:
                    archive.add(name, data, row.submission.created_at, is_packed=True)
                yield [*row.cells(), name if data else ""]
                file.step(1)


def name_file(row: Row, drawing: Drawing) -> str | None:
    """Return the name of a drawing's picture: when it was sent, and its id. None if there is none yet."""
    if drawing.strokes is None and (drawing.is_original or not drawing.image_type):
        return None  # a file that no worker has read is not passed on
    ending = "png" if drawing.strokes is not None else drawing.image_type.removeprefix("image/")
    return f"{FOLDER}/{row.submission.created_at:%Y-%m-%dT%H-%M-%SZ}_{row.submission.id}.{ending}"


def _picture(drawing: Drawing) -> bytes:
    """Return the stored picture, or strokes in black on white; b"" without ink."""
    if drawing.strokes is None:
        return bytes(drawing.image or b"")
    try:
        ink = render_strokes(drawing.strokes, drawing.width, drawing.height, drawing.pen_px).ink
    except (BlankDrawing, ValueError):
        return b""
    return encode_png(Image.fromarray((255 - 255 * ink).round().astype("uint8"), "L"))
