"""What the files of a version may hold, told without running anything of them. Standard library only.

Keras reads a `.keras` file as instructions: which classes to construct, with which arguments. So only the classes that
reading networks consist of are let through, and neither code (a Lambda layer, a registered class, a pickle) nor an
archive that unpacks to more than it should, or elsewhere.
"""

import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from ml.browser_network import MAX_BYTES as MOST_BROWSER_BYTES
from ml.browser_network import split_network

MOST_BYTES = 64 * 2**20  # of a network, packed or unpacked; ours have up to 2.2 MB
MOST_CONFIG_BYTES = 2 * 2**20
MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
HDF5_START, TFLITE_MARK = b"\x89HDF\r\n\x1a\n", b"TFL3"
LAYERS = {
    *("Activation", "Add", "AveragePooling2D", "BatchNormalization", "Concatenate", "Conv2D", "Dense"),
    *("DepthwiseConv2D", "Dropout", "EinsumDense", "Flatten", "GlobalAveragePooling2D", "InputLayer"),
    *("LayerNormalization", "MaxPooling2D", "Permute", "ReLU", "Reshape", "SeparableConv2D", "Softmax"),
    "ZeroPadding2D",
}
MODELS = {("keras.src.models.functional", "Functional"), ("keras", "Functional"), ("keras", "Sequential")}
PLAIN = {(None, "__keras_tensor__"), ("keras", "DTypePolicy")}
PLAIN_MODULES = {"keras.initializers", "keras.regularizers", "keras.optimizers", "keras.losses", "keras.metrics"}


class UnsafeNetwork(ValueError):
    """A file is no network that may be loaded."""


def check_network(format_: str, data: bytes) -> None:
    """Raise UnsafeNetwork unless `data` is a network in that format and holds nothing but one."""
    if len(data) > MOST_BYTES:
        raise UnsafeNetwork(f"It has {len(data)} bytes; at most {MOST_BYTES} are loaded.")
    check = _CHECKS.get(format_.removeprefix("line-"))
    if check is None:
        raise UnsafeNetwork(f"Its format, {format_}, is unknown.")
    check(data)


def _check_tflite(data: bytes) -> None:
    if data[4:8] != TFLITE_MARK:
        raise UnsafeNetwork("It is no TensorFlow Lite file.")


def _check_browser(data: bytes) -> None:
    if len(data) > MOST_BROWSER_BYTES:
        raise UnsafeNetwork(f"It has {len(data)} bytes; browsers load at most {MOST_BROWSER_BYTES}.")
    try:
        header, _weights = split_network(data)
        is_network = isinstance(header["layout"], int)
    except (ValueError, KeyError, TypeError, struct.error, RecursionError):
        is_network = False
    if not is_network:
        raise UnsafeNetwork("It is no network for browsers.")


def _check_keras(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if sorted(names) != sorted(MEMBERS):
                raise UnsafeNetwork(f"It should hold exactly {', '.join(sorted(MEMBERS))}.")
            if sum(member.file_size for member in members) > MOST_BYTES:
                raise UnsafeNetwork(f"It unpacks to more than {MOST_BYTES} bytes.")
            config = archive.getinfo("config.json")
            if config.file_size > MOST_CONFIG_BYTES:
                raise UnsafeNetwork(f"Its config.json has more than {MOST_CONFIG_BYTES} bytes.")
            described = json.loads(archive.read(config))
            with archive.open("model.weights.h5") as weights:
                is_hdf5 = weights.read(len(HDF5_START)) == HDF5_START
    except UnsafeNetwork:
        raise
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, RuntimeError) as problem:  # a RecursionError is one, too
        raise UnsafeNetwork("It is no .keras file, or a damaged one.") from problem
    if not is_hdf5:
        raise UnsafeNetwork("Its weights are no HDF5 file.")
    for found in _objects(described):
        _check_class(found)


def _objects(described: Any) -> Iterator[dict[str, Any]]:
    """Yield everything that Keras would construct an object from."""
    rest = [described]
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            if "class_name" in value or "module" in value:
                yield value
            rest += value.values()
        elif isinstance(value, list):
            rest += value


def _check_class(found: dict[str, Any]) -> None:
    module, name, registered = found.get("module"), found.get("class_name"), found.get("registered_name")
    is_text = isinstance(name, str) and isinstance(module, str | None)
    kind = (module, name)
    is_known = is_text and (
        kind in MODELS or kind in PLAIN or module in PLAIN_MODULES or (module == "keras.layers" and name in LAYERS)
    )
    if not is_known or registered not in {None, name}:
        raise UnsafeNetwork(f"It constructs {str(module)[:60]}.{str(name)[:60]}, which no network here consists of.")


_CHECKS: dict[str, Callable[[bytes], None]] = {
    "keras": _check_keras,
    "litert": _check_tflite,
    "browser": _check_browser,
}
