"""Compare inference runtimes on the shipped network and one core: LiteRT, ONNX Runtime and TensorFlow.

    .venv/bin/python -m pip install --require-hashes -r requirements/bench.txt
    .venv/bin/python -m bench.reading.runtimes

Each runs in a process of its own. Prints the CPU microseconds for an image alone and in a batch of 32 (medians of
rounds, with the runtimes in turn), the CPU seconds until the first result, the resident memory, and the largest
difference from TensorFlow's logits.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ml.artifacts import load_shipped
from ml.types import SIDE

RUNTIMES = ("tensorflow", "litert", "onnxruntime")
ROUNDS, REPEATS = 5, 150
BATCHES = (1, 32)


def main() -> None:
    """Measure every runtime in turn for several rounds, and print the table."""
    artifacts = {artifact.format: artifact.data for artifact in load_shipped()}
    with tempfile.TemporaryDirectory() as folder:
        keras_file = Path(folder) / "network.keras"
        keras_file.write_bytes(artifacts["keras"])
        (Path(folder) / "network.tflite").write_bytes(artifacts["litert"])
        _measured("export", folder)
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in RUNTIMES}
        for _ in range(ROUNDS):
            for name in RUNTIMES:
                found[name].append(_measured(name, folder))
    truth = np.array(found["tensorflow"][0]["logits"])
    print(f"{'runtime':14}{'us alone':>10}{'us in 32':>10}{'CPU s to start':>16}{'MB':>6}{'logit error':>16}")
    for name, rounds in found.items():
        middle = {key: statistics.median(one[key] for one in rounds) for key in ("1", "32", "start_s", "mb")}
        apart = np.abs(np.array(rounds[0]["logits"]) - truth).max()
        print(
            f"{name:14}{middle['1']:10.0f}{middle['32']:10.0f}{middle['start_s']:16.1f}{middle['mb']:6.0f}{apart:16.1e}"
        )


def _measured(name: str, folder: str) -> dict[str, Any]:
    """Measure in a new process, with one thread."""
    env = os.environ | {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
    command = [sys.executable, "-m", "bench.reading.runtimes", name, folder]
    output = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own
    return dict(json.loads(output.splitlines()[-1]))


def measure(name: str, folder: Path) -> dict[str, Any]:
    """Return the figures of one runtime, measured in this process."""
    if name == "export":
        import keras

        network = keras.saving.load_model(folder / "network.keras", compile=False)
        network(np.zeros((1, SIDE, SIDE), dtype=np.float32))  # Keras exports only models that were called
        network.export(str(folder / "network.onnx"), format="onnx", verbose=False)
        return {}
    images = np.random.default_rng(1).uniform(size=(max(BATCHES), SIDE, SIDE)).astype(np.float32)
    logits = LOADERS[name](folder)
    found: dict[str, Any] = {"logits": logits(images).tolist(), "start_s": time.process_time()}
    for batch in BATCHES:
        logits(images[:batch])
        began = time.process_time()
        for _ in range(REPEATS):
            logits(images[:batch])
        found[str(batch)] = (time.process_time() - began) / REPEATS / batch * 1e6
    found["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return found


def _load_litert(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    from ml.recognition.runtimes import LiteRtNetwork

    return LiteRtNetwork((folder / "network.tflite").read_bytes(), threads=1).logits


def _load_tensorflow(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    from ml.recognition.runtimes import KerasNetwork

    return KerasNetwork((folder / "network.keras").read_bytes(), threads=1).logits


def _load_onnxruntime(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(folder / "network.onnx", options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda images: np.asarray(session.run(None, {name: images})[0])


LOADERS = {"litert": _load_litert, "tensorflow": _load_tensorflow, "onnxruntime": _load_onnxruntime}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
    else:
        main()
