"""Inference runtimes: LiteRT on the CPU, TensorFlow on a GPU, with the same inputs and outputs."""

import contextlib
import tempfile
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ml.artifact_checks import check_network
from ml.preprocessing.ink import Ink

MAX_BATCH = 8  # digits, whose activations fit in the cache
MAX_INTERPRETERS = 4  # of inputs for which an interpreter is kept: each takes one to eight megabytes


class Network(Protocol):
    """A loaded network, of digits or of lines. Not thread-safe."""

    runtime: str
    device: str

    def logits(self, x: Ink) -> Ink:
        """Return float32 logits for x float32 in [0, 1].

        Digits: (n, 11), of ten digits and "none", for (n, 28, 28). Lines: (n, frames, symbols + 1), the first of the
        blank, for (n, height, width).
        """


def load_network(format: str, data: bytes, threads: int = 1) -> Network:  # noqa: A002 - the model registry's term
    """Load a network from bytes that the caller has verified.

    format: "litert" or "keras", "line-" before it or not.

    Raises:
        UnsafeNetwork: if the bytes hold anything but a network, signed or not.
    """
    check_network(format, data)
    if format.removeprefix("line-") == "litert":
        return LiteRtNetwork(data, threads)
    if format.removeprefix("line-") == "keras":
        return KerasNetwork(data, threads)
    raise ValueError(f"There is no runtime for the format {format!r}: it should be litert or keras.")


class LiteRtNetwork:
    """A .tflite network on the CPU, without TensorFlow. Interpreters are kept for the last few shapes of the input."""

    runtime, device = "litert", "cpu"

    def __init__(self, data: bytes, threads: int) -> None:
        self._data, self._threads = data, threads
        self._interpreters: dict[tuple[int, ...], Any] = {}  # the last used at the end
        self._outputs = self._create().get_output_details()[0]["shape"]  # fails here if the file is broken

    def logits(self, x: Ink) -> Ink:
        """Return float32 logits, as `Network` says."""
        parts = [x[start : start + MAX_BATCH] for start in range(0, len(x), MAX_BATCH)]
        return (
            np.concatenate([self._invoke(part) for part in parts])
            if parts
            else np.empty((0, *self._outputs[1:]), np.float32)
        )

    def _invoke(self, x: Ink) -> Ink:
        interpreter = self._interpreters.pop(x.shape, None)
        if interpreter is None:
            is_full = len(self._interpreters) >= MAX_INTERPRETERS
            interpreter = self._interpreters.pop(next(iter(self._interpreters))) if is_full else self._create()
            interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], x.shape)
            interpreter.allocate_tensors()
        self._interpreters[x.shape] = interpreter
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.ascontiguousarray(x, dtype=np.float32))
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))

    def _create(self) -> Any:
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter(model_content=self._data, num_threads=self._threads)


class KerasNetwork:
    """A .keras network in TensorFlow, on its first GPU if there is one."""

    runtime = "tensorflow"

    def __init__(self, data: bytes, threads: int) -> None:
        import keras  # takes five seconds and half a gigabyte, so only imported if needed
        import tensorflow as tf

        with contextlib.suppress(RuntimeError):  # too late: TensorFlow has started its threads already
            tf.config.threading.set_intra_op_parallelism_threads(threads)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.keras"
            path.write_bytes(data)
            network = keras.saving.load_model(path, compile=False, safe_mode=True)
        signature = [tf.TensorSpec(network.input_shape, tf.float32)]
        self._call = tf.function(lambda x: network(x, training=False), input_signature=signature)
        self.device = "gpu" if tf.config.list_physical_devices("GPU") else "cpu"

    def logits(self, x: Ink) -> Ink:
        """Return float32 logits, as `Network` says."""
        return np.asarray(self._call(x).numpy())
