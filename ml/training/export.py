"""Export a Keras network to every format that the service loads."""

import hashlib
import platform
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ml.artifacts import DIGIT_SUFFIXES


def export_network(network: keras.Model, out: Path) -> dict[str, str]:
    """Write the network in every format, without its optimizer; return the sha256 of each.

    out: path of the files, whose suffix is replaced.
    """
    network.compile()
    network.optimizer = None
    network.save(out.with_suffix(".keras"))
    network.export(str(out.with_suffix(".tflite")), format="litert", verbose=False)
    return {
        format_: hashlib.sha256(out.with_suffix(suffix).read_bytes()).hexdigest()
        for format_, suffix in DIGIT_SUFFIXES.items()
    }


def library_versions() -> dict[str, str]:
    """Return the versions of Python, Keras, TensorFlow and NumPy, for the model card."""
    libraries = {"keras": keras.__version__, "tensorflow": tf.__version__, "numpy": np.__version__}
    return {"python": platform.python_version()} | libraries
