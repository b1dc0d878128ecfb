"""Inference runtimes: LiteRT on the CPU, TensorFlow on a GPU, with the same inputs and outputs."""

import contextlib
import tempfile
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ml.preprocessing.ink import Ink
from ml.types import SIDE

MAX_BATCH = 64


class Network(Protocol):
    """A loaded network. Not thread-safe."""

    runtime: str
    device: str

    def logits(self, x: Ink) -> Ink:
        """Return (n, 11) float32 logits of ten digits and "none", for x (n, 28, 28) float32 in [0, 1]."""


def load_network(format: str, data: bytes, threads: int = 1) -> Network:  # noqa: A002 - the model registry's term
    """Load a network from bytes that the caller has verified. format: "litert" or "keras"."""
    if format == "litert":
        return LiteRtNetwork(data, threads)
    if format == "keras":
        return KerasNetwork(data, threads)
    raise ValueError(f"There is no runtime for the format {format!r}: it should be litert or keras.")


class LiteRtNetwork:
    """A .tflite network on the CPU, without TensorFlow. Interpreters are created per batch size, when first needed."""

    runtime, device = "litert", "cpu"

    def __init__(self, data: bytes, threads: int) -> None:
        self._data, self._threads = data, threads
        self._interpreters: dict[int, Any] = {}
        self._interpreter(1)  # fails here, not at the first drawing, if the file is broken

    def logits(self, x: Ink) -> Ink:
        """Return (n, 11) float32 for x (n, 28, 28) float32 in [0, 1]."""
        found = np.empty((len(x), 11), dtype=np.float32)
        start = 0
        while start < len(x):  # 37 = 32 + 4 + 1: no padding, and only a few interpreters
            size = min(1 << ((len(x) - start).bit_length() - 1), MAX_BATCH)
            interpreter = self._interpreter(size)
            images = np.ascontiguousarray(x[start : start + size], dtype=np.float32)
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], images)
            interpreter.invoke()
            output = interpreter.get_output_details()[0]["index"]
            found[start : start + size] = interpreter.get_tensor(output)
            start += size
        return found

    def _interpreter(self, size: int) -> Any:
        if size not in self._interpreters:
            from ai_edge_litert.interpreter import Interpreter

            interpreter = Interpreter(model_content=self._data, num_threads=self._threads)
            interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], (size, SIDE, SIDE))
            interpreter.allocate_tensors()
            self._interpreters[size] = interpreter
        return self._interpreters[size]


class KerasNetwork:
    """A .keras network in TensorFlow, on its first GPU if there is one."""

    runtime = "tensorflow"

    def __init__(self, data: bytes, threads: int) -> None:
        import keras  # takes five seconds and half a gigabyte, so only imported if needed
        import tensorflow as tf

        self.device = "gpu" if tf.config.list_physical_devices("GPU") else "cpu"
        with contextlib.suppress(RuntimeError):  # too late: TensorFlow has started its threads already
            tf.config.threading.set_intra_op_parallelism_threads(threads)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.keras"
            path.write_bytes(data)
            network = keras.saving.load_model(path, compile=False, safe_mode=True)
        signature = [tf.TensorSpec((None, SIDE, SIDE), tf.float32)]
        self._call = tf.function(lambda x: network(x, training=False), input_signature=signature)

    def logits(self, x: Ink) -> Ink:
        """Return (n, 11) float32 for x (n, 28, 28) float32 in [0, 1]."""
        return np.asarray(self._call(x).numpy())
