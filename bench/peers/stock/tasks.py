"""The task that reads one picture."""

from functools import cache

from bench.peers.shared_reader import load_reader, read_pictures
from bench.peers.stock.celery import app
from bench.peers.stock.models import Picture
from ml.recognition.reader import Reader


@cache
def reader() -> Reader:
    """Return this process' reader, loaded after the fork."""
    return load_reader("litert")


@app.task
def read_picture(pk: int) -> None:
    """Read a stored picture and save the reading."""
    picture = Picture.objects.get(pk=pk)
    with picture.image.open() as file:
        [answer] = read_pictures(reader(), [file.read()])
    picture.text, picture.confidence, picture.status = answer["text"], answer["confidence"], "read"
    picture.save()
