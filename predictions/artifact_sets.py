"""The artifacts of a model version in the database, stored, signed and loaded as one set with its card.

They are checked before they are loaded: by SHA-256 against damage, and by signatures with a key from outside the
database against tampering. Each artifact has a signature, which code from before migration 0014 checks, and the set has
one, so that no part of it can be exchanged or removed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import BinaryField, F, Func
from django.db.models.functions import Length

from accounts.keys.hashes import is_hash_of, keyed_hash
from ml.artifact_checks import MOST_BYTES
from ml.artifacts import BROWSER_SUFFIXES, DIGIT_SUFFIXES, LINE_SUFFIXES, Artifact, is_complete
from ml.browser_network import LAYOUT, split_network, with_calibration
from predictions.models import ModelArtifact, ModelVersion

_SHA256: Func = Func(F("data"), function="sha256", output_field=BinaryField())  # of what is stored, by Postgres


class MissingArtifact(LookupError):
    """Raised if a version has no digit network or no line recognizer in a usable format."""


class TamperedArtifact(ValueError):
    """Raised if the artifacts or the card of a version are not those that were registered."""


def _sign(signed: str) -> str:
    return keyed_hash("predictions.registry", signed).hex()


def _is_signed(signed: str, signature: str) -> bool:
    return is_hash_of(signature, "predictions.registry", signed)


def _text_of(version_sha256: str, artifact: Artifact | ModelArtifact) -> str:
    """Return what the signature of one artifact is of."""
    return f"{version_sha256}:{artifact.format}:{artifact.sha256}"


def _text_of_set(version: ModelVersion, hashes: Mapping[str, str]) -> str:
    """Return what the signature of a version is of. Its card must come from the database, which changes floats."""
    parts = [version.sha256, version.preprocessing, hashes, version.card]
    return "set:" + json.dumps(parts, sort_keys=True)


def store(version: ModelVersion, artifacts: Sequence[Artifact]) -> None:
    """Store and sign artifacts and card, of a known version too: the key may be new, or something damaged."""
    card, hashes = artifacts[0].card, {artifact.format: artifact.sha256 for artifact in artifacts}
    if version.name == artifacts[0].name and version.card != card:
        version.card = card
        version.save(update_fields=["card"])
    for artifact in artifacts:
        columns: dict[str, Any] = {"sha256": artifact.sha256, "signature": _sign(_text_of(version.sha256, artifact))}
        stored = version.artifacts.annotate(actual=_SHA256).filter(actual=bytes.fromhex(artifact.sha256))
        if not stored.filter(format=artifact.format, **columns).exists():
            columns |= {"data": artifact.data}
            ModelArtifact.objects.update_or_create(version=version, format=artifact.format, defaults=columns)
    version.artifacts.exclude(format__in=hashes).delete()
    version.refresh_from_db(fields=["card"])
    signature = _sign(_text_of_set(version, hashes)) if is_complete(hashes) else ""
    if version.set_signature != signature:
        version.set_signature = signature
        version.save(update_fields=["set_signature"])


def sign_again(version: ModelVersion) -> bool:
    """Sign a version with SECRET_KEY; return whether it was signed by a former key.

    Only what a known key has signed is signed again, so that this makes nothing valid that was not. No bytes
    are looked at: they are compared with the signed sha256 whenever they are loaded.

    Raises:
        TamperedArtifact: if anything of the version is not as it was registered.
    """
    with transaction.atomic():
        version = ModelVersion.objects.select_for_update().get(pk=version.pk)
        rows = _verified_rows(version)
        signatures = {row.format: _sign(_text_of(version.sha256, row)) for row in rows.values()}
        if any(not _is_signed(_text_of(version.sha256, row), row.signature) for row in rows.values()):
            raise TamperedArtifact(f"The artifacts of {version.name} are not signed with a known SECRET_KEY.")
        stale = [row for row in rows.values() if row.signature != signatures[row.format]]
        for row in stale:
            row.signature = signatures[row.format]
            row.save(update_fields=["signature"])
        if version.set_signature:
            former, hashes = version.set_signature, {row.format: row.sha256 for row in rows.values()}
            version.set_signature = _sign(_text_of_set(version, hashes))
            version.save(update_fields=["set_signature"])
            return bool(stale) or former != version.set_signature
        return bool(stale)


def load(version: ModelVersion, formats: Sequence[str]) -> list[Artifact]:
    """Return the checked digit network and line recognizer of `version`, each in the first of `formats` that it has.

    A version from before line recognizers were a part of versions has only the digit network.

    Raises:
        MissingArtifact: if one of them is in none of `formats`.
        TamperedArtifact: if anything of the version is not as it was registered, used here or not.
    """
    rows = _verified_rows(version)
    parts = (DIGIT_SUFFIXES, LINE_SUFFIXES) if version.set_signature else (DIGIT_SUFFIXES,)
    return [_load_artifact(version, rows, [name for name in formats if name in part]) for part in parts]


def load_all(version: ModelVersion) -> list[Artifact]:
    """Return the checked artifacts of `version` in every format. Raises TamperedArtifact."""
    rows = _verified_rows(version)
    return [_load_artifact(version, rows, [name]) for name in sorted(rows)]


def load_for_browsers(version: ModelVersion) -> bytes:
    """Return the checked digit network of `version` as browsers run it, with the calibration of its card.

    Raises:
        MissingArtifact: if it has none, or one for scripts from before or after this code's.
        TamperedArtifact: if anything of the version is not as it was registered.
    """
    artifact = _load_artifact(version, _verified_rows(version), list(BROWSER_SUFFIXES))
    if split_network(artifact.data)[0]["layout"] != LAYOUT:
        raise MissingArtifact(f"The browsers' network of {version.name} is in another layout. Export it again.")
    return with_calibration(artifact.data, version.card["calibration"])


def _verified_rows(version: ModelVersion) -> Mapping[str, ModelArtifact]:
    """Return the artifacts by format, without their bytes, and refresh the card. Raises TamperedArtifact."""
    version.refresh_from_db(fields=["sha256", "preprocessing", "card", "set_signature"])
    rows = {row.format: row for row in version.artifacts.defer("data").annotate(length=Length("data"))}
    if version.set_signature:
        signed = _text_of_set(version, {row.format: row.sha256 for row in rows.values()})
        if not _is_signed(signed, version.set_signature):
            raise TamperedArtifact(
                f"The artifacts and the card of {version.name} are not those that were registered with this SECRET_KEY."
            )
    return rows


def _load_artifact(version: ModelVersion, rows: Mapping[str, ModelArtifact], formats: Sequence[str]) -> Artifact:
    row = next((rows[name] for name in formats if name in rows), None)
    if row is None:
        raise MissingArtifact(f"{version.name} has no artifact as {' or '.join(formats)}.")
    if row.length > MOST_BYTES:  # type: ignore[attr-defined]  # annotated, so that no gigabyte is fetched
        raise TamperedArtifact(f"The {row.format} bytes of {version.name} are more than any that are registered.")
    data = bytes(row.data)
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != row.sha256 or not _is_signed(_text_of(version.sha256, row), row.signature):
        raise TamperedArtifact(
            f"The {row.format} bytes of {version.name} are not those that were registered"
            f"{'' if sha256 != row.sha256 else ' with this SECRET_KEY'}."
        )
    return Artifact(version.name, row.format, data, sha256, version.card)
