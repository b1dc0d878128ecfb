"""Model versions as files: the artifacts of one version and its model card, checked by SHA-256. Standard library only.

A version is all that reads: NAME.tflite and NAME.keras hold the digit network, NAME.line.tflite and NAME.line.keras the
line recognizer, and NAME.json, the card, names the SHA-256 of each file that there is, and the settings of the reader.
NAME.browser.bin is a copy of the digit network for previews in browsers.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml.artifact_checks import MOST_BYTES, UnsafeNetwork, check_network

SHIPPED_DIR = Path(__file__).parent / "shipped"
DIGIT_SUFFIXES = {"keras": ".keras", "litert": ".tflite"}
LINE_SUFFIXES = {"line-keras": ".line.keras", "line-litert": ".line.tflite"}
BROWSER_SUFFIXES = {"browser": ".browser.bin"}  # see `ml.browser_network`
SUFFIXES = DIGIT_SUFFIXES | LINE_SUFFIXES | BROWSER_SUFFIXES
SETTINGS = ("preprocessing", "calibration", "decoder")  # entries of a card that change what is read


class BrokenArtifact(ValueError):
    """A file of a version is missing, is not the one that its model card describes, or must not be loaded."""


@dataclass(frozen=True)
class Artifact:
    """One network of a version in one format. `name` and `card` are the version's, the same in all its artifacts."""

    name: str
    format: str
    data: bytes = field(repr=False)
    sha256: str
    card: dict[str, Any] = field(repr=False)


def load_shipped(folder: Path = SHIPPED_DIR) -> list[Artifact]:
    """Return the artifacts of the versions that ship with the code, sorted by name. Raises BrokenArtifact."""
    return [artifact for path in _card_paths(folder) for artifact in load_artifacts(path)]


def shipped_name(folder: Path = SHIPPED_DIR) -> str:
    """Return the name of the version that ships with the code, the last one if there are several."""
    return _card_paths(folder)[-1].stem


def _card_paths(folder: Path) -> list[Path]:
    """Return the cards of a folder, but not the records of training a line recognizer, NAME.line.json."""
    return [path for path in sorted(folder.glob("*.json")) if not path.stem.endswith(".line")]


def card_path(path: Path) -> Path:
    """Return the path of the card of the version that a file belongs to."""
    longer = (LINE_SUFFIXES | BROWSER_SUFFIXES).values()
    suffix = next((suffix for suffix in longer if path.name.endswith(suffix)), path.suffix)
    return path.with_name(path.name.removesuffix(suffix) + ".json")


def load_artifacts(path: Path) -> list[Artifact]:
    """Return all artifacts of the version that a model card describes. Raises BrokenArtifact."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        name, hashes = card["name"], dict(card["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise BrokenArtifact(f"The card {path.name} cannot be read: {problem}.") from problem
    if name != path.stem or not hashes.keys() & DIGIT_SUFFIXES.keys() or not hashes.keys() <= SUFFIXES.keys():
        raise BrokenArtifact(f"The card {path.name} names another version, no digit network or an unknown format.")
    return [_read_format(path, name, format_, sha256, card) for format_, sha256 in sorted(hashes.items())]


def _read_format(path: Path, name: str, format_: str, sha256: str, card: dict[str, Any]) -> Artifact:
    path = path.with_suffix(SUFFIXES[format_])
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BrokenArtifact(f"The network's file {path.name} is larger than {MOST_BYTES} bytes.")
        data = path.read_bytes()
    except OSError as problem:
        raise BrokenArtifact(f"The network's file {path.name} cannot be read: {problem.strerror}.") from problem
    if hashlib.sha256(data).hexdigest() != sha256:
        raise BrokenArtifact(f"The network's file {path.name} is not the one its card describes: its sha256 differs.")
    try:
        check_network(format_, data)
    except UnsafeNetwork as problem:
        raise BrokenArtifact(f"The network's file {path.name} is refused. {problem}") from problem
    return Artifact(name, format_, data, sha256, card)


def is_complete(formats: Iterable[str]) -> bool:
    """Return True if there is a digit network and a line recognizer among the formats, so that lines can be read."""
    found = set(formats)
    return bool(found & DIGIT_SUFFIXES.keys() and found & LINE_SUFFIXES.keys())


def choose(artifacts: Iterable[Artifact], formats: Sequence[str]) -> Artifact | None:
    """Return the first artifact in the order of `formats`, or None."""
    by_format = {artifact.format: artifact for artifact in artifacts}
    return next((by_format[name] for name in formats if name in by_format), None)


def settings_of(card: dict[str, Any]) -> dict[str, Any]:
    """Return the entries of a card that change what is read."""
    return {name: card[name] for name in SETTINGS if name in card}


def identify(artifacts: Sequence[Artifact]) -> str:
    """Return the SHA-256 that identifies a version: of its artifacts and settings, but not of the copy for browsers.

    Without a line recognizer, as versions were before it was a part of them, it is that of the first artifact.
    """
    hashes = {artifact.format: artifact.sha256 for artifact in artifacts if artifact.format not in BROWSER_SUFFIXES}
    if not is_complete(hashes):
        return next(iter(hashes.values()))
    described = json.dumps([hashes, settings_of(artifacts[0].card)], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()
