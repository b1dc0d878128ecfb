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


class LineNetwork(Protocol):
    """A loaded line recognizer's network. Not thread-safe."""

    def logits(self, x: Ink) -> Ink:
        """Return (n, frames, symbols + 1) float32 logits, the first of the blank, for x (n, height, width) float32."""


def load_line_network(format: str, data: bytes, threads: int = 1) -> LineNetwork:  # noqa: A002 - as above
    """Load a line recognizer's network from verified bytes. format: "line-litert" or "line-keras"."""
    if format == "line-litert":
        return LiteRtLineNetwork(data, threads)
    if format == "line-keras":
        return KerasLineNetwork(data, threads)
    raise ValueError(f"There is no runtime for the format {format!r}: it should be line-litert or line-keras.")


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
            self._interpreters[size] = _allocate(self._data, (size, SIDE, SIDE), self._threads)
        return self._interpreters[size]


class LiteRtLineNetwork:
    """A .tflite line recognizer on the CPU. Interpreters are created per shape of the input, when first needed."""

    def __init__(self, data: bytes, threads: int) -> None:
        self._data, self._threads = data, threads
        self._interpreters: dict[tuple[int, ...], Any] = {}

    def logits(self, x: Ink) -> Ink:
        """Return (n, frames, symbols + 1) float32 for x (n, height, width) float32."""
        if x.shape not in self._interpreters:
            self._interpreters[x.shape] = _allocate(self._data, x.shape, self._threads)
        interpreter = self._interpreters[x.shape]
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.ascontiguousarray(x, dtype=np.float32))
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def _allocate(data: bytes, shape: tuple[int, ...], threads: int) -> Any:
    """Return an interpreter of a .tflite network for inputs of one shape."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data, num_threads=threads)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape)
    interpreter.allocate_tensors()
    return interpreter


class KerasNetwork:
    """A .keras network in TensorFlow, on its first GPU if there is one."""

    runtime = "tensorflow"

    def __init__(self, data: bytes, threads: int) -> None:
        self.device, self._call = _load_keras(data, threads)

    def logits(self, x: Ink) -> Ink:
        """Return (n, 11) float32 for x (n, 28, 28) float32 in [0, 1]."""
        return np.asarray(self._call(x).numpy())


class KerasLineNetwork:
    """A .keras line recognizer in TensorFlow, on its first GPU if there is one."""

    def __init__(self, data: bytes, threads: int) -> None:
        _, self._call = _load_keras(data, threads)

    def logits(self, x: Ink) -> Ink:
        """Return (n, frames, symbols + 1) float32 for x (n, height, width) float32."""
        return np.asarray(self._call(x).numpy())


def _load_keras(data: bytes, threads: int) -> tuple[str, Any]:
    """Return the device, and a compiled function that calls a .keras network on float32 pictures."""
    import keras  # takes five seconds and half a gigabyte, so only imported if needed
    import tensorflow as tf

    with contextlib.suppress(RuntimeError):  # too late: TensorFlow has started its threads already
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        path.write_bytes(data)
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    signature = [tf.TensorSpec(network.input_shape, tf.float32)]
    call = tf.function(lambda x: network(x, training=False), input_signature=signature)
    return "gpu" if tf.config.list_physical_devices("GPU") else "cpu", call
