"""Loaded networks, cached by version: a promotion changes the live version, so the next batch loads the new one."""

import importlib.util
import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils.module_loading import import_string

from ml.artifacts import Artifact
from ml.recognition.loading import load_reader
from ml.recognition.reader import Reader
from ml.types import PREPROCESSING_VERSION
from predictions import artifact_sets, registry
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
    """A reader and the version whose networks it holds."""

    version: ModelVersion
    reader: Reader

    def is_of(self, live: list[Any] | None) -> bool:
        """Return whether it is the live version, of which a claim told key, preprocessing and signature."""
        return live == [self.version.pk, self.version.preprocessing, self.version.set_signature]


RETRY_S = 60.0  # a version that could not be loaded is tried again after this
PATIENCE_S = 2.0  # how long to wait for a new version to load; after that, the old one serves meanwhile

_loading = Lock()
_loaded: Loaded | None = None
_other: Loaded | None = None  # the last one loaded by `load`
_slow: tuple[int, float, "Future[Loaded]"] | None = None  # what is being loaded: version key, start, outcome
_refused: dict[int, tuple[float, str]] = {}  # version key -> when to try again, and why it was refused
_stand_in = ""  # why the shipped version reads in place of the live one, if it does


def formats() -> list[str]:
    """Return the artifact formats that this process can run, preferred ones first.

    A line recognizer that has no format for the chosen runtime runs in LiteRT on the CPU.
    """
    names = [name for name, package in _FORMATS[settings.RUNTIME].items() if importlib.util.find_spec(package)]
    on_cpu = ["line-litert"] if importlib.util.find_spec("ai_edge_litert") else []
    return [*names, *(f"line-{name}" for name in names), *on_cpu]


def live() -> Loaded:
    """Return the reader of the version that reads here, or of the one before while that cannot be used. One query.

    That is the live version, or the shipped one in its place, as `registry.serving` says. The one before is what this
    process holds; a new process loads the one that was live before.

    Raises:
        registry.NoModel: if no version is live.
        CannotLoad: if this process can use neither.
    """
    global _loaded
    serving = registry.serving()
    with _loading:
        _note_stand_in(serving)
        if _loaded is None or _loaded.version.pk != serving.version.pk:
            _loaded = _try(serving.version) or _loaded or _fall_back(serving.version)
        else:
            _refused.clear()
            if _loaded.version.set_signature != serving.version.set_signature:  # signed again, with a new SECRET_KEY
                _loaded = Loaded(serving.version, _loaded.reader)
        if _loaded is None:
            raise CannotLoad(refusal())
        return _loaded


def held() -> Loaded | None:
    """Return what `live` returned last, unless something else is to be tried. No query.

    Whether it is still live is told by the claim of a batch.
    """
    return None if _slow or _refused or _stand_in else _loaded


def _note_stand_in(serving: registry.Serving) -> None:
    """Remember why the shipped version reads in place of the live one, and log it once."""
    global _stand_in
    live, why = serving.live, ""
    if serving.is_stand_in:
        why = f"{live.name} cannot be used: {_why_unreadable(live)}. {serving.version.name} reads in its place"
    if why and why != _stand_in:
        logger.warning("the live model %s until somebody promotes another", why)
    _stand_in = why


def load(version: ModelVersion) -> Loaded:
    """Return the reader of any version, live or not and with any preprocessing. The last one stays cached.

    Raises:
        artifact_sets.MissingArtifact: if it has no artifacts that this process can run.
        artifact_sets.TamperedArtifact: if anything of it is not as it was registered.
        Exception: any that a runtime raises for a broken artifact.
    """
    global _other
    with _loading:
        for held in (_loaded, _other):
            if held is not None and _is_same(held.version, version):
                return held
        _other = _load(version)
        return _other


def _is_same(held: ModelVersion, version: ModelVersion) -> bool:
    """Return True if it is the same version, and has not been completed with a line recognizer since."""
    return (held.pk, held.is_readable) == (version.pk, version.is_readable)


def load_to_read(version: ModelVersion) -> Loaded:
    """Return the reader of a version that can read drawings with this code, as `load` does.

    Raises:
        CannotLoad: if the version was made for other code.
    """
    _assert_readable(version)
    return load(version)


def load_apart(version: ModelVersion) -> Loaded:
    """Return the reader of a version that can read with this code; nothing else waits for it, and nothing is cached.

    Raises:
        CannotLoad: if the version was made for other code, or any error of `load`.
    """
    _assert_readable(version)
    return _load(version)


def refusal() -> str:
    """Return why the last call of `live` could not use the live version, or "" if it could."""
    return next((why for _, why in _refused.values()), _stand_in)


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


def _fall_back(version: ModelVersion) -> Loaded | None:
    """Load what was live before `version`, which was refused; None if there is nothing that can be loaded."""
    for former in registry.earlier(version):
        if time.monotonic() < _refused.get(former.pk, (0.0, ""))[0]:
            continue
        try:
            loaded = _load(former)
        except DatabaseError:
            raise
        except Exception as error:  # as in `_try`: any that a runtime raises
            why = f"{former.name} cannot be used: {error}"
            logger.error("model %s", why)
            _refused[former.pk] = (time.monotonic() + RETRY_S, why)
        else:
            logger.warning("model %s reads in place of %s", former.name, version.name)
            return loaded
    return None


def _begin_to_load(version: ModelVersion) -> "Future[Loaded]":
    """Fetch the version's artifacts and card, and load it in a thread, which sends no query."""
    artifacts = artifact_sets.load(version, formats())
    outcome: Future[Loaded] = Future()

    def load() -> None:
        try:
            outcome.set_result(_loaded_from(version, artifacts))
        except Exception as error:  # any that a runtime raises: `_try` logs it when it asks for the outcome
            outcome.set_exception(error)

    Thread(target=load, name="load", daemon=True).start()
    return outcome


def _assert_readable(version: ModelVersion) -> None:
    if not version.is_readable:
        raise CannotLoad(_why_unreadable(version))


def _why_unreadable(version: ModelVersion) -> str:
    if version.preprocessing == PREPROCESSING_VERSION:
        return "it has no line recognizer; it was registered with an older version of this code"
    return f"it was trained with preprocessing {version.preprocessing}; this worker has {PREPROCESSING_VERSION}"


def _load(version: ModelVersion) -> Loaded:
    return _loaded_from(version, artifact_sets.load(version, formats()))


def _loaded_from(version: ModelVersion, artifacts: Sequence[Artifact]) -> Loaded:
    reader = load_reader(artifacts, formats(), settings.NETWORK_THREADS, import_string(settings.READER))
    logger.info("model %s loaded: %s on %s", version.name, reader.network.runtime, reader.network.device)
    return Loaded(version, reader)
