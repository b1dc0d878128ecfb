"""The live network, loaded once a version: promotion changes the version, so the next batch loads the new one."""

import importlib.util
import logging
import time
from dataclasses import dataclass
from threading import Lock

from django.conf import settings
from django.db import DatabaseError
from django.utils.module_loading import import_string

from ml.digits import PREPROCESSING
from ml.reader import Reader
from ml.runtime import load_network
from predictions import registry
from predictions.models import ModelVersion

logger = logging.getLogger(__name__)

_FORMATS = {
    "auto": {"litert": "ai_edge_litert", "keras": "tensorflow"},
    "litert": {"litert": "ai_edge_litert"},
    "tensorflow": {"keras": "tensorflow"},
}


class CannotLoad(RuntimeError):
    """This worker can load no model, though others may: it must leave the drawings to them."""


@dataclass(frozen=True)
class Loaded:
    """A reader and the version whose network it holds."""

    version: ModelVersion
    reader: Reader


RETRY_S = 60.0  # a version that could not be loaded is tried again after this

_loading = Lock()
_loaded: Loaded | None = None
_other: Loaded | None = None  # the last one that was asked for by its version
_refused: dict[int, float] = {}  # version key -> when to try again, so that the operator is not told every second


def formats() -> list[str]:
    """Give the artifact formats that this process can run, best first."""
    return [name for name, package in _FORMATS[settings.RUNTIME].items() if importlib.util.find_spec(package)]


def live() -> Loaded:
    """Give the reader of the live version; if that one cannot be loaded, the one that served until now. One query.

    Raises registry.NoModel if no version is live, CannotLoad if this process can use none.
    """
    global _loaded
    version = registry.live_version()
    with _loading:
        is_new = _loaded is None or _loaded.version.pk != version.pk
        if is_new and time.monotonic() >= _refused.get(version.pk, 0.0):
            try:
                if not registry.is_readable_here(version, PREPROCESSING):
                    raise CannotLoad(f"it was made for preprocessing {version.preprocessing}, here is {PREPROCESSING}")
                _loaded = _load(version)
            except DatabaseError:
                raise
            except Exception as error:  # a broken artifact must not end the worker: the operator reads it in the log
                _refused[version.pk] = time.monotonic() + RETRY_S
                logger.error("model %s cannot be used: %s", version.name, error)
        if _loaded is None:
            raise CannotLoad(f"{version.name} cannot be used here.")
        return _loaded


def load(version: ModelVersion) -> Loaded:
    """Give the reader of any version, live or not, whatever its preprocessing; the last one is kept.

    Raises registry.NoModel or TamperedArtifact.
    """
    global _other
    with _loading:
        for held in (_loaded, _other):
            if held is not None and held.version.pk == version.pk:
                return held
        _other = _load(version)
        return _other


def _load(version: ModelVersion) -> Loaded:
    format_, data = registry.load_bytes(version, formats())
    network = load_network(format_, data, settings.NETWORK_THREADS)
    logger.info("model %s loaded: %s on %s", version.name, network.runtime, network.device)
    return Loaded(version, import_string(settings.READER)(network, version.card))
