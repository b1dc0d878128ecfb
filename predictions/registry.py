"""The model registry: register, promote and roll back model versions, and say which one reads. Loads no network."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from accounts import audit
from accounts.keys.rotation import Rotated
from accounts.models import AuditEvent, User
from ml.artifacts import DIGIT_SUFFIXES, Artifact, identify, is_complete, load_shipped, settings_of, shipped_name
from predictions import artifact_sets, cached_sql, comparisons, lifecycle
from predictions.models import ModelVersion

logger = logging.getLogger(__name__)

PROMOTED = "model.promoted"  # in the audit log
MOST_EARLIER = 3  # versions that a worker tries in place of one that it cannot load


class NoModel(LookupError):
    """Raised if no version is live."""


class NameTaken(ValueError):
    """Raised if another version is registered under that name."""


class LiveChanged(RuntimeError):
    """Raised if another version went live in the meantime."""


def register(artifacts: Sequence[Artifact], *, is_shipped: bool = False) -> ModelVersion:
    """Store the artifacts of one version as a candidate and return it; the same version is stored once.

    A version from before line recognizers were a part of versions is completed, if all that it has is the same.
    A comparison of a new version with the one that reads is queued.

    Raises:
        NameTaken: if another version has that name.
    """
    first, formats = artifacts[0], {artifact.format for artifact in artifacts}
    with transaction.atomic():
        version = _find_registered(artifacts, is_shipped)
        is_new = version is None
        if version is None:
            columns = {"name": first.name, "preprocessing": first.card["preprocessing"], "card": first.card}
            version, is_new = ModelVersion.objects.get_or_create(
                sha256=identify(artifacts), defaults=columns | {"is_shipped": is_shipped}
            )
        if is_complete(formats) or not version.set_signature:
            artifact_sets.store(version, artifacts)
        if is_new:
            audit.record(None, "model.registered", version.name, sha256=version.sha256)
            if (reading := _reading()) and reading != version:
                comparisons.request(version, reading)
    return version


def _find_registered(artifacts: Sequence[Artifact], is_shipped: bool) -> ModelVersion | None:
    """Return the version that these artifacts are, if it is registered. Raises NameTaken."""
    name, identity = artifacts[0].name, identify(artifacts)
    named = ModelVersion.objects.filter(name=name).first()
    if named is None:
        return ModelVersion.objects.filter(sha256=identity).first()
    if named.sha256 == identity or _completes(artifacts, named, is_shipped):
        return named
    raise NameTaken(f"Another model is registered as {name}. Give yours another name.")


def _completes(artifacts: Sequence[Artifact], version: ModelVersion, is_shipped: bool) -> bool:
    """Return True if `version` was registered without a line recognizer, and these are its artifacts with one."""
    digits, card = [one for one in artifacts if one.format in DIGIT_SUFFIXES], artifacts[0].card
    if version.sha256 != identify(digits):
        return False
    if is_shipped and version.is_shipped:  # the files are the truth, whatever became of the rows
        return True
    hashes = {artifact.format: artifact.sha256 for artifact in artifacts}
    is_same = all(hashes.get(name) == sha256 for name, sha256 in version.artifacts.values_list("format", "sha256"))
    return is_same and settings_of(version.card) == settings_of(card)


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
        lifecycle.stop_challengers("A version went live, so its readings would be compared with others.")
        details |= {"sha256": version.sha256, "instead_of": former.name if former else None}
        details["was_live_before"] = version.promoted_at is not None  # so this is a rollback
        audit.record(by, PROMOTED, version.name, **details)
    logger.info("model %s is live", version.name)


def sign_again() -> Rotated:
    """Sign all versions that a former SECRET_KEY has signed with the one of now."""
    done = Rotated()
    for version in ModelVersion.objects.defer("card").order_by("pk"):
        done.rows += 1
        try:
            done.rewritten += artifact_sets.sign_again(version)
        except artifact_sets.TamperedArtifact as error:
            logger.error("%s It is not signed again.", error)
            done.lost += 1
    return done


def previous() -> ModelVersion | None:
    """Return the version that was live before the live one, to roll back to. One query."""
    return ModelVersion.objects.filter(is_live=False, promoted_at__isnull=False).order_by("-promoted_at").first()


def earlier(live: ModelVersion) -> list[ModelVersion]:
    """Return what reads where `live` cannot be loaded: what was live before, newest first, and shipped versions."""
    found = ModelVersion.objects.readable().filter(Q(promoted_at__isnull=False) | Q(is_shipped=True))
    return list(found.exclude(pk=live.pk).defer("card").order_by(F("promoted_at").desc(nulls_last=True))[:MOST_EARLIER])


def install_shipped() -> ModelVersion:
    """Register the shipped version; make it live if none is, or only a shipped one that nobody promoted."""
    name = shipped_name()
    version = register([artifact for artifact in load_shipped() if artifact.name == name], is_shipped=True)
    live = ModelVersion.objects.live().first()
    is_replaceable = live is None or (live.is_shipped and not _was_chosen(live))
    if is_replaceable and live != version:
        promote(version, by=None)
    return version


def _was_chosen(version: ModelVersion) -> bool:
    """Return True if a person promoted it, by the audit log: `promoted_by` is cleared when that user is deleted."""
    last = AuditEvent.objects.filter(action=PROMOTED, target=version.name).order_by("pk").last()
    return last is not None and last.actor_id is not None


@dataclass(frozen=True)
class Serving:
    """The live version, and the one that this code reads with, which is the same unless it cannot use the live one."""

    live: ModelVersion
    version: ModelVersion

    @property
    def is_stand_in(self) -> bool:
        """Whether `version` reads in place of the live one."""
        return self.live.pk != self.version.pk


@cached_sql.compiled_once
def _fetch_serving() -> QuerySet[ModelVersion]:
    shipped = Q(is_shipped=True, name=shipped_name())
    return ModelVersion.objects.filter(Q(is_live=True) | shipped).defer("card")


def serving() -> Serving:
    """Return which version is live and which one this code reads with. Cards and bytes are not fetched. One query.

    A version that a person promoted stays live after an upgrade that it was not made for. The shipped version of the
    upgraded code then stands in for it where that code runs; older code beside it goes on with the live one. Likewise
    the other way round, once a version for newer code is live.

    Raises:
        NoModel: if no version is live.
    """
    rows = _fetch_serving()
    live = next((row for row in rows if row.is_live), None)
    if live is None:
        raise NoModel("No model is live. Run `manage.py install_model` or `manage.py promote`.")
    if live.is_readable:
        return Serving(live, live)
    return Serving(live, next((row for row in rows if row.is_readable), live))


def live_version() -> ModelVersion:
    """Return the live version, without its card and bytes. Raises NoModel. One query."""
    return serving().live


def _reading() -> ModelVersion | None:
    try:
        return serving().version
    except NoModel:
        return None
