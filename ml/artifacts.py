"""A trained network as bytes with its card; the shipped ones, checked. Standard library only."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parent / "shipped"
SUFFIXES = {"keras": ".keras", "litert": ".tflite"}


class BrokenArtifact(ValueError):
    """A network's file is not the one that its card describes."""


@dataclass(frozen=True)
class Artifact:
    """One format of one trained network. name: of the model version, the same in all formats."""

    name: str
    format: str
    data: bytes = field(repr=False)
    sha256: str
    card: dict[str, Any] = field(repr=False)


def shipped(folder: Path = SHIPPED) -> list[Artifact]:
    """Return every network that comes with the code, each in all its formats, by name.

    Raises BrokenArtifact if a file is missing, changed, or its card cannot be read.
    """
    return [artifact for path in sorted(folder.glob("*.json")) for artifact in read_artifacts(path)]


def read_artifacts(card_path: Path) -> list[Artifact]:
    """Return all formats of the network whose card this is. Raises BrokenArtifact."""
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
        name, hashes = card["name"], dict(card["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise BrokenArtifact(f"The card {card_path.name} cannot be read: {problem}.") from problem
    if name != card_path.stem or not hashes or not hashes.keys() <= SUFFIXES.keys():
        raise BrokenArtifact(f"The card {card_path.name} names another network, or formats that are unknown.")
    return [_read_format(card_path, name, format_, sha256, card) for format_, sha256 in sorted(hashes.items())]


def _read_format(card_path: Path, name: str, format_: str, sha256: str, card: dict[str, Any]) -> Artifact:
    path = card_path.with_suffix(SUFFIXES[format_])
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise BrokenArtifact(f"The network's file {path.name} cannot be read: {problem.strerror}.") from problem
    if hashlib.sha256(data).hexdigest() != sha256:
        raise BrokenArtifact(f"The network's file {path.name} is not the one its card describes: other sha256.")
    return Artifact(name, format_, data, sha256, card)
