"""The artifacts of a model version in the database, stored, signed and loaded as one set with its card.

They are checked before they are loaded: by SHA-256 against damage, and by signatures with a key from outside the
database against tampering. Each artifact has a signature, which code from before migration 0014 checks, and the set has
one, so that no part of it can be exchanged or removed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.crypto import constant_time_compare, salted_hmac

from ml.artifacts import BROWSER_SUFFIXES, DIGIT_SUFFIXES, LINE_SUFFIXES, Artifact, is_complete
from ml.browser_network import LAYOUT, split_network, with_calibration
from predictions.models import ModelArtifact, ModelVersion


class MissingArtifact(LookupError):
    """Raised if a version has no digit network or no line recognizer in a usable format."""


class TamperedArtifact(ValueError):
    """Raised if the artifacts or the card of a version are not those that were registered."""


def _sign(signed: str) -> str:
    return salted_hmac("predictions.registry", signed, algorithm="sha256").hexdigest()


def _signature(version_sha256: str, artifact: Artifact | ModelArtifact) -> str:
    """Return the signature of one artifact."""
    return _sign(f"{version_sha256}:{artifact.format}:{artifact.sha256}")


def _set_signature(version: ModelVersion, hashes: Mapping[str, str]) -> str:
    """Return the signature of a whole version. Its card must come from the database, which changes how floats look."""
    parts = [version.sha256, version.preprocessing, hashes, version.card]
    return _sign("set:" + json.dumps(parts, sort_keys=True))


def store(version: ModelVersion, artifacts: Sequence[Artifact]) -> None:
    """Store and sign artifacts and card, of a known version too: the key may be new, or something damaged."""
    card, hashes = artifacts[0].card, {artifact.format: artifact.sha256 for artifact in artifacts}
    if version.name == artifacts[0].name and version.card != card:
        version.card = card
        version.save(update_fields=["card"])
    for artifact in artifacts:
        columns: dict[str, Any] = {"sha256": artifact.sha256, "signature": _signature(version.sha256, artifact)}
        if not version.artifacts.filter(format=artifact.format, **columns).exists():
            columns |= {"data": artifact.data}
            ModelArtifact.objects.update_or_create(version=version, format=artifact.format, defaults=columns)
    version.artifacts.exclude(format__in=hashes).delete()
    version.refresh_from_db(fields=["card"])
    signature = _set_signature(version, hashes) if is_complete(hashes) else ""
    if version.set_signature != signature:
        version.set_signature = signature
        version.save(update_fields=["set_signature"])


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


def _verified_rows(version: ModelVersion) -> dict[str, ModelArtifact]:
    """Return the artifacts by format, without their bytes, and refresh the card. Raises TamperedArtifact."""
    version.refresh_from_db(fields=["sha256", "preprocessing", "card", "set_signature"])
    rows = {row.format: row for row in version.artifacts.defer("data")}
    if version.set_signature:
        expected = _set_signature(version, {row.format: row.sha256 for row in rows.values()})
        if not constant_time_compare(expected, version.set_signature):
            raise TamperedArtifact(
                f"The artifacts and the card of {version.name} are not those that were registered with this SECRET_KEY."
            )
    return rows


def _load_artifact(version: ModelVersion, rows: Mapping[str, ModelArtifact], formats: Sequence[str]) -> Artifact:
    row = next((rows[name] for name in formats if name in rows), None)
    if row is None:
        raise MissingArtifact(f"{version.name} has no artifact as {' or '.join(formats)}.")
    data = bytes(row.data)
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != row.sha256 or not constant_time_compare(_signature(version.sha256, row), row.signature):
        raise TamperedArtifact(
            f"The {row.format} bytes of {version.name} are not those that were registered"
            f"{'' if sha256 != row.sha256 else ' with this SECRET_KEY'}."
        )
    return Artifact(version.name, row.format, data, sha256, version.card)
