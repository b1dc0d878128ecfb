"""Files that are called networks and must not be loaded, made from the shipped ones without Keras."""

import copy
import io
import json
import pickle
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from ml.artifacts import load_shipped

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
UNPACKED_BYTES = 80 * 2**20
MARK = "ran.txt"  # a file that appears in the working folder if one of them runs


class _Runs:
    """Something whose unpickling would write MARK."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path(MARK).touch, ()


@cache
def shipped(format_: str = "keras") -> bytes:
    """Return a network that ships with the code."""
    return next(one.data for one in load_shipped() if one.format == format_)


def pickled() -> bytes:
    return pickle.dumps(_Runs())


def hdf5() -> bytes:
    with zipfile.ZipFile(io.BytesIO(shipped())) as archive:
        return archive.read(WEIGHTS)


def _packed(members: dict[str, bytes], more: dict[str, bytes] | None = None) -> bytes:
    """Return the shipped network with other members, and more of them."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(shipped())) as archive,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
    ):
        for name in (METADATA, CONFIG, WEIGHTS):
            packed.writestr(name, members.get(name, archive.read(name)))
        for name, data in (more or {}).items():
            packed.writestr(name, data)
    return out.getvalue()


def _with_layer(layer: dict[str, Any]) -> bytes:
    """Return the shipped network with its dropout exchanged for another layer."""
    with zipfile.ZipFile(io.BytesIO(shipped())) as archive:
        config = copy.deepcopy(json.loads(archive.read(CONFIG)))
    for found in config["config"]["layers"]:
        if found["class_name"] == "Dropout":
            name = found["config"]["name"]
            found |= layer
            found["config"] = {"name": name} | layer["config"]
    return _packed({CONFIG: json.dumps(config).encode()})


def _lambda() -> bytes:
    function = {"class_name": "__lambda__", "config": {"code": "x", "defaults": None, "closure": None}}
    return _with_layer({"module": "keras.layers", "class_name": "Lambda", "config": {"function": function}})


def _registered() -> bytes:
    return _with_layer({"module": "evil", "class_name": "Evil", "registered_name": "evil>Evil", "config": {}})


def _function() -> bytes:
    activation = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    return _with_layer({"module": "keras.layers", "class_name": "Activation", "config": {"activation": activation}})


def _without_a_module() -> bytes:
    return _with_layer({"module": None, "class_name": "Lambda", "config": {}})


def _nested() -> bytes:
    return _packed({CONFIG: b"[" * 200_000 + b"]" * 200_000})


BAD: dict[str, Callable[[], bytes]] = {
    "a pickle": pickled,
    "an HDF5 file": hdf5,
    "nothing": lambda: b"",
    "half of a network": lambda: shipped()[: len(shipped()) // 2],
    "a Lambda layer": _lambda,
    "a Lambda layer without its module": _without_a_module,
    "a registered class": _registered,
    "a function of another module": _function,
    "a path out of the archive": lambda: _packed({}, {"../../evil.py": b"import os"}),
    "an absolute path": lambda: _packed({}, {"/tmp/evil.py": b"import os"}),  # noqa: S108
    "an asset more": lambda: _packed({}, {"assets/vocabulary.txt": b"x"}),
    "no weights": lambda: _packed({WEIGHTS: b""}),
    "pickled weights": lambda: _packed({WEIGHTS: pickled()}),
    "a bomb": lambda: _packed({WEIGHTS: bytes(UNPACKED_BYTES)}),
    "a bomb in its settings": lambda: _packed({CONFIG: b'"' + b"a" * 2**22 + b'"'}),
    "endless brackets": _nested,
    "no JSON": lambda: _packed({CONFIG: b"{"}),
    "compressed bytes": lambda: zlib.compress(shipped()),
}
