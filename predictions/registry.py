"""The model registry: register, promote, roll back and load the bytes of model versions. Loads no network.

Bytes are checked before they are loaded: by SHA-256 against damage, and by a signature with a key from outside the
database against tampering.
"""

import hashlib
import logging
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts import audit
from accounts.models import AuditEvent, User
from ml.artifacts import Artifact, load_shipped
from predictions import cached_sql, comparisons
from predictions.models import ModelArtifact, ModelVersion

logger = logging.getLogger(__name__)

PROMOTED = "model.promoted"  # in the audit log


class NoModel(LookupError):
    """Raised if no version is live, or it has no artifact in a usable format."""


class NameTaken(ValueError):
    """Raised if another network is registered under that name."""


class LiveChanged(RuntimeError):
    """Raised if another version went live in the meantime."""


class TamperedArtifact(ValueError):
    """Raised if the bytes of an artifact are not those that were registered."""


def _signature(version_sha256: str, artifact: Artifact | ModelArtifact) -> str:
    signed = f"{version_sha256}:{artifact.format}:{artifact.sha256}"
    return salted_hmac("predictions.registry", signed, algorithm="sha256").hexdigest()


def register(artifacts: Sequence[Artifact], *, is_shipped: bool = False) -> ModelVersion:
    """Store the artifacts of one network as a candidate and return its version; the same bytes are stored once.

    The version's sha256 is that of its first artifact. A comparison of a new version with the live one is queued.

    Raises:
        NameTaken: if another network has that name.
    """
    first = artifacts[0]
    with transaction.atomic():
        if ModelVersion.objects.filter(name=first.name).exclude(sha256=first.sha256).exists():
            raise NameTaken(f"Another network is registered as {first.name}. Give yours another name.")
        version, is_new = ModelVersion.objects.get_or_create(
            sha256=first.sha256,
            defaults={
                "name": first.name,
                "preprocessing": first.card["preprocessing"],
                "card": first.card,
                "is_shipped": is_shipped,
            },
        )
        for artifact in artifacts:  # of a known version too: the signing key may be new, or bytes damaged
            columns: dict[str, Any] = {"sha256": artifact.sha256, "signature": _signature(version.sha256, artifact)}
            if not version.artifacts.filter(format=artifact.format, **columns).exists():
                columns |= {"data": artifact.data}
                ModelArtifact.objects.update_or_create(version=version, format=artifact.format, defaults=columns)
        if is_new:
            audit.record(None, "model.registered", version.name, sha256=version.sha256)
            if live := ModelVersion.objects.live().first():
                comparisons.request(version, live)
    return version


def promote(version: ModelVersion, by: User | None, *, instead_of: ModelVersion | None = None, **details: Any) -> None:
    """Make `version` the live one; workers use it from their next batch. `comparisons.objections` is not consulted.

    Args:
        version: the version to promote.
        by: None for the shipped model at start-up.
        instead_of: the version that is expected to be live.
        details: more for the audit log, serializable as JSON.

    Raises:
        LiveChanged: if another version than `instead_of` is live.
    """
    with transaction.atomic():
        list(ModelVersion.objects.select_for_update().order_by("pk").values("pk"))  # one promotion at a time
        former = ModelVersion.objects.live().first()
        if instead_of is not None and former != instead_of:
            raise LiveChanged(f"{former or 'None'} is live by now, not {instead_of}.")
        ModelVersion.objects.live().exclude(pk=version.pk).update(is_live=False)
        ModelVersion.objects.filter(pk=version.pk).update(is_live=True, promoted_at=Now(), promoted_by=by)
        details |= {"sha256": version.sha256, "instead_of": former.name if former else None}
        audit.record(by, PROMOTED, version.name, **details)
    logger.info("model %s is live", version.name)


def previous() -> ModelVersion | None:
    """Return the version that was live before the live one, to roll back to. One query."""
    return ModelVersion.objects.filter(is_live=False, promoted_at__isnull=False).order_by("-promoted_at").first()


def install_shipped() -> ModelVersion:
    """Register the shipped network; make it live if no version is, or only a shipped one that nobody promoted."""
    version = register(load_shipped(), is_shipped=True)
    live = ModelVersion.objects.live().first()
    is_replaceable = live is None or (live.is_shipped and not _was_chosen(live))
    if is_replaceable and live != version:
        promote(version, by=None)
    return version


def _was_chosen(version: ModelVersion) -> bool:
    """Return True if a person promoted it, by the audit log: `promoted_by` is cleared when that user is deleted."""
    last = AuditEvent.objects.filter(action=PROMOTED, target=version.name).order_by("pk").last()
    return last is not None and last.actor_id is not None


@cached_sql.compiled_once
def _fetch_live() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.live().defer("card")


def live_version() -> ModelVersion:
    """Return the live version, without its bytes. Raises NoModel. One query."""
    live = _fetch_live()
    if not live:
        raise NoModel("No model is live. Run `manage.py install_model` or `manage.py promote`.")
    return live[0]


def load_bytes(version: ModelVersion, formats: Sequence[str]) -> tuple[str, bytes]:
    """Return the first of `formats` that `version` has, and its checked bytes. Raises NoModel or TamperedArtifact."""
    artifacts = {row.format: row for row in version.artifacts.filter(format__in=formats)}
    for format_ in formats:
        if format_ in artifacts:
            artifact = artifacts[format_]
            break
    else:
        raise NoModel(f"{version.name} has no artifact as {' or '.join(formats)}.")
    data = bytes(artifact.data)
    sha256 = hashlib.sha256(data).hexdigest()
    expected = _signature(version.sha256, artifact)
    if sha256 != artifact.sha256 or not constant_time_compare(expected, artifact.signature):
        raise TamperedArtifact(
            f"The {format_} bytes of {version.name} are not those that were registered"
            f"{'' if sha256 != artifact.sha256 else ' with this SECRET_KEY'}."
        )
    return format_, data


def is_readable_here(version: ModelVersion, preprocessing: str) -> bool:
    """Return True if this version was trained with the given preprocessing."""
    return version.preprocessing == preprocessing
