"""Loaded networks, cached by version: a promotion changes the live version, so the next batch loads the new one."""

import importlib.util
import logging
import time
from concurrent.futures import Future, wait
from dataclasses import dataclass
from threading import Lock, Thread

from django.conf import settings
from django.db import DatabaseError
from django.utils.module_loading import import_string

from ml.recognition.reader import Reader
from ml.recognition.runtimes import load_network
from ml.types import PREPROCESSING_VERSION
from predictions import registry
from predictions.models import ModelVersion

logger = logging.getLogger(__name__)

_FORMATS = {
    "auto": {"litert": "ai_edge_litert", "keras": "tensorflow"},
    "litert": {"litert": "ai_edge_litert"},
    "tensorflow": {"keras": "tensorflow"},
}


class CannotLoad(RuntimeError):
    """This worker can load no model, but others may be able to: it must leave the drawings to them."""


@dataclass(frozen=True)
class Loaded:
    """A reader and the version whose network it holds."""

    version: ModelVersion
    reader: Reader


RETRY_S = 60.0  # a version that could not be loaded is tried again after this
PATIENCE_S = 2.0  # how long to wait for a new version to load; after that, the old one serves meanwhile

_loading = Lock()
_loaded: Loaded | None = None
_other: Loaded | None = None  # the last one loaded by `load`
_slow: tuple[int, float, "Future[Loaded]"] | None = None  # what is being loaded: version key, start, outcome
_refused: dict[int, tuple[float, str]] = {}  # version key -> when to try again, and why it was refused


def formats() -> list[str]:
    """Return the artifact formats that this process can run, preferred ones first."""
    return [name for name, package in _FORMATS[settings.RUNTIME].items() if importlib.util.find_spec(package)]


def live() -> Loaded:
    """Return the reader of the live version, or of the one before while the live one cannot be used. One query.

    Raises:
        registry.NoModel: if no version is live.
        CannotLoad: if this process can use neither.
    """
    global _loaded
    version = registry.live_version()
    with _loading:
        if _loaded is None or _loaded.version.pk != version.pk:
            _loaded = _try(version) or _loaded
        else:
            _refused.clear()
        if _loaded is None:
            raise CannotLoad(refusal())
        return _loaded


def load(version: ModelVersion) -> Loaded:
    """Return the reader of any version, live or not and with any preprocessing. The last one stays cached.

    Raises:
        registry.NoModel: if it has no artifact that this process can run.
        registry.TamperedArtifact: if its bytes are not those registered.
        Exception: any that a runtime raises for a broken artifact.
    """
    global _other
    with _loading:
        for held in (_loaded, _other):
            if held is not None and held.version.pk == version.pk:
                return held
        _other = _load(version)
        return _other


def load_to_read(version: ModelVersion) -> Loaded:
    """Return the reader of a version that can read drawings with this code, as `load` does.

    Raises:
        CannotLoad: if the version was trained with another preprocessing.
    """
    _assert_readable(version)
    return load(version)


def refusal() -> str:
    """Return why the last call of `live` could not use the live version, or "" if it could."""
    return next((why for _, why in _refused.values()), "")


def _try(version: ModelVersion) -> Loaded | None:
    """Load `version`; None if that failed, or if it is still loading while another version serves.

    A failure is logged once, and remembered for RETRY_S. A version still loading is asked for again by the next batch.
    """
    global _slow
    if time.monotonic() < _refused.get(version.pk, (0.0, ""))[0]:
        return None
    _refused.clear()
    try:
        if _slow is None or _slow[0] != version.pk:
            _assert_readable(version)
            _slow = version.pk, time.monotonic(), _begin_to_load(version)
        _, since, outcome = _slow
        wait([outcome], None if _loaded is None else max(0.0, since + PATIENCE_S - time.monotonic()))
        if not outcome.done():
            return None
        _slow = None
        return outcome.result()
    except DatabaseError:
        raise
    except (
        Exception
    ) as error:  # a broken artifact must not end the worker; the operator reads it in the log and the admin
        why = f"{version.name} cannot be used: {error}"
        logger.error("model %s", why)
        _refused[version.pk] = (time.monotonic() + RETRY_S, why)
        return None


def _begin_to_load(version: ModelVersion) -> "Future[Loaded]":
    """Fetch the network's bytes and card, and load it in a thread, which sends no query."""
    format_, data = registry.load_bytes(version, formats())
    assert version.card  # noqa: S101 (it may not have been fetched yet)
    outcome: Future[Loaded] = Future()

    def load() -> None:
        try:
            outcome.set_result(_loaded_from(version, format_, data))
        except Exception as error:  # any that a runtime raises: `_try` logs it when it asks for the outcome
            outcome.set_exception(error)

    Thread(target=load, name="load", daemon=True).start()
    return outcome


def _assert_readable(version: ModelVersion) -> None:
    if not registry.is_readable_here(version, PREPROCESSING_VERSION):
        raise CannotLoad(f"it was trained with preprocessing {version.preprocessing}; this worker has {PREPROCESSING}")


def _load(version: ModelVersion) -> Loaded:
    return _loaded_from(version, *registry.load_bytes(version, formats()))


def _loaded_from(version: ModelVersion, format_: str, data: bytes) -> Loaded:
    network = load_network(format_, data, settings.NETWORK_THREADS)
    logger.info("model %s loaded: %s on %s", version.name, network.runtime, network.device)
    return Loaded(version, import_string(settings.READER)(network, version.card))
