"""The export of the reviewed set: what is in the files, that they are the same again, and that none is half written."""

import gzip
import json
import time

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent
from predictions.models import Drawing, Submission
from predictions.services.reviewed_set import export, pseudonym_of, split_of
from predictions.services.reviewed_set.export import Export
from tests.factories import make_reviewer, make_user
from tests.reviewed import make_input, make_reviewed

NAMES = {"reviewed.jsonl.gz", "reviewed.npz", "card.json"}


@pytest.fixture
def carol(db):
    return make_reviewer()


def _export(folder):
    """Return the lines, the arrays and the card that the command writes."""
    call_command("export_reviewed", out=folder, verbosity=0)
    assert {path.name for path in folder.iterdir()} == NAMES
    lines = [json.loads(line) for line in gzip.decompress((folder / "reviewed.jsonl.gz").read_bytes()).splitlines()]
    with np.load(folder / "reviewed.npz", allow_pickle=False) as arrays:
        inputs = dict(arrays)
    return lines, inputs, json.loads((folder / "card.json").read_text(encoding="utf-8"))


def test_the_files_hold_drawings_inputs_and_the_card(alice, carol, tmp_path, capsys):
    row = make_reviewed(alice, carol, 0, "42", read="47")
    image = make_reviewed(alice, carol, 5, "")
    Drawing.objects.filter(pk=image.pk).update(strokes=None, image=b"png", image_type="image/png")
    lines, inputs, card = _export(tmp_path / "new" / "folder")
    about = {"split": split_of(alice.pk), "writer": pseudonym_of(alice.pk), "is_sample": False}
    sizes = {"strokes": row.drawing.strokes, "width": 280, "height": 280, "pen_px": row.drawing.pen_px}
    assert lines == [
        {"text": "42", **about, **sizes},
        {"text": "", **about, "image": "cG5n", "image_type": "image/png"},
    ]
    assert np.array_equal(inputs["images"], [make_input(1), make_input(1, 1), make_input(6)])
    assert (inputs["images"].dtype, inputs["labels"].dtype) == (np.uint8, np.int64)
    assert inputs["labels"].tolist() == [4, 2, 10]
    assert set(inputs["split"]) == {split_of(alice.pk)} and set(inputs["writer"]) == {pseudonym_of(alice.pk)}
    assert (card["drawings"], card["inputs"]) == (2, 3)
    assert "(drawings: 2, inputs: 3, writers: 1)" in capsys.readouterr().out


def test_the_same_rows_give_the_same_bytes(alice, carol, tmp_path, monkeypatch):
    make_reviewed(alice, carol, 0)
    make_reviewed(make_user("bob"), carol, 1, "3")
    _export(tmp_path / "a")
    monkeypatch.setattr(time, "time", lambda: 2e9)
    _export(tmp_path / "b")
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in NAMES)


def test_an_export_replaces_an_earlier_one(alice, carol, tmp_path):
    row, bob = make_reviewed(alice, carol, 0), make_user("bob")
    make_reviewed(bob, carol, 1, "3")
    assert len(_export(tmp_path)[0]) == 2
    bob.delete()
    Submission.objects.filter(pk=row.pk).update(may_train=False)
    lines, inputs, card = _export(tmp_path)
    assert (lines, len(inputs["images"]), card["drawings"]) == ([], 0, 0)


def test_an_interrupted_export_leaves_the_earlier_one(alice, carol, tmp_path, monkeypatch):
    make_reviewed(alice, carol, 0)
    _export(tmp_path)
    earlier = {path: path.read_bytes() for path in tmp_path.iterdir()}
    make_reviewed(alice, carol, 5)

    def break_off(*args, **arrays):
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", break_off)
    with pytest.raises(KeyboardInterrupt), Export(tmp_path) as unfinished:
        unfinished.write()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == earlier


def test_a_folder_that_cannot_be_written_is_told(db, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="could not be written"):
        call_command("export_reviewed", out=tmp_path / "file" / "folder")


def test_an_export_is_in_the_audit_log_and_tells_its_progress(alice, carol, tmp_path, monkeypatch, capsys):
    for seed in range(3):
        make_reviewed(alice, carol, seed)
    monkeypatch.setattr(export, "PROGRESS_EVERY", 2)
    _export(tmp_path)
    event = AuditEvent.objects.get(action="reviewed_set.exported")
    assert (event.target, event.details) == (str(tmp_path), {"drawings": 3, "inputs": 3, "writers": 1})
    assert "2 drawings ..." in capsys.readouterr().out


def test_the_files_name_nobody(alice, carol, tmp_path):
    row = make_reviewed(alice, carol, 0)
    lines, _, card = _export(tmp_path)
    told = json.dumps([lines, card])
    assert not any(name in told for name in ("alice", "carol", str(row.id)))
