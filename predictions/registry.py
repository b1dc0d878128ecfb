"""Which ModelVersion is live: register, promote, roll back, load bytes. Nothing here loads a network.

Bytes are checked twice before anybody loads them: by sha256 against damage, and by a signature whose key is not in
the database against somebody who can write there.
"""

import hashlib
import logging
from collections.abc import Sequence
from typing import Any

from django.db import transaction
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
    """No version is live, or it has no artifact in a format that can be used here."""


class NameTaken(ValueError):
    """Another network is registered under that name."""


class LiveChanged(RuntimeError):
    """Another version went live since somebody decided."""


class TamperedArtifact(ValueError):
    """An artifact's bytes are not those that were registered."""


def _signature(version_sha256: str, artifact: Artifact | ModelArtifact) -> str:
    signed = f"{version_sha256}:{artifact.format}:{artifact.sha256}"
    return salted_hmac("predictions.registry", signed, algorithm="sha256").hexdigest()


def register(artifacts: Sequence[Artifact], *, is_shipped: bool = False) -> ModelVersion:
    """Store one network in its formats as a candidate, and give its version; the same bytes are stored once.

    The version's sha256 is that of its first artifact. A new one is compared with the live one, by a worker.
    Raises NameTaken.
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
        for artifact in artifacts:  # those of a known version too: the key that signs may be new, bytes may be damaged
            columns: dict[str, Any] = {"sha256": artifact.sha256, "signature": _signature(version.sha256, artifact)}
            if not version.artifacts.filter(format=artifact.format, **columns).exists():
                columns |= {"data": artifact.data}
                ModelArtifact.objects.update_or_create(version=version, format=artifact.format, defaults=columns)
        if is_new:
            audit.record(None, "model.registered", version.name, sha256=version.sha256)
            if live := ModelVersion.objects.live().first():
                comparisons.ask(version, live)
    return version


def promote(version: ModelVersion, by: User | None, *, instead_of: ModelVersion | None = None, **details: Any) -> None:
    """Make `version` the live one; workers use it from their next batch. What speaks against it is not asked here.

    by: None for the shipped model at start.
    instead_of: the live version that whoever decides has seen. Raises LiveChanged if another is by now.
    details: more for the audit log, ready for JSON.
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
    """Return the version that was live before the live one: what to roll back to. Twice leads back. One query."""
    return ModelVersion.objects.filter(is_live=False, promoted_at__isnull=False).order_by("-promoted_at").first()


def install_shipped() -> ModelVersion:
    """Register the shipped network; it goes live only if none is, or in place of a shipped one nobody promoted."""
    version = register(load_shipped(), is_shipped=True)
    live = ModelVersion.objects.live().first()
    is_replaceable = live is None or (live.is_shipped and not _was_chosen(live))
    if is_replaceable and live != version:
        promote(version, by=None)
    return version


def _was_chosen(version: ModelVersion) -> bool:
    """Return True if a person made it live. `promoted_by` forgets who is deleted since; the audit log does not."""
    last = AuditEvent.objects.filter(action=PROMOTED, target=version.name).order_by("pk").last()
    return last is not None and last.actor_id is not None


def live_version() -> ModelVersion:
    """Return the live version, without its bytes. Raises NoModel. One query."""
    found = cached_sql.ask(ModelVersion, "live", lambda: ModelVersion.objects.live().defer("card"))
    if not found:
        raise NoModel("No model is live. Run `manage.py install_model` or `manage.py promote`.")
    return found[0]


def load_bytes(version: ModelVersion, formats: Sequence[str]) -> tuple[str, bytes]:
    """Return the first of `formats` that `version` has, and its bytes, checked. Raises NoModel or TamperedArtifact."""
    found = {row.format: row for row in version.artifacts.filter(format__in=formats)}
    for format_ in formats:
        if format_ in found:
            artifact = found[format_]
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
    """Return True if the workers' preprocessing is the one this version was trained with."""
    return version.preprocessing == preprocessing
