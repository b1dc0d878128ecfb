"""Trained networks as bytes with their model cards, checked by SHA-256. Standard library only."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SHIPPED_DIR = Path(__file__).parent / "shipped"
SUFFIXES = {"keras": ".keras", "litert": ".tflite"}


class BrokenArtifact(ValueError):
    """A network's file is missing, or is not the one that its model card describes."""


@dataclass(frozen=True)
class Artifact:
    """One trained network in one format. `name` is the model version's, the same in all formats."""

    name: str
    format: str
    data: bytes = field(repr=False)
    sha256: str
    card: dict[str, Any] = field(repr=False)


def load_shipped(folder: Path = SHIPPED_DIR) -> list[Artifact]:
    """Return the networks that ship with the code, in all their formats, sorted by name. Raises BrokenArtifact."""
    return [artifact for path in sorted(folder.glob("*.json")) for artifact in load_artifacts(path)]


def load_artifacts(card_path: Path) -> list[Artifact]:
    """Return all formats of the network that a model card describes. Raises BrokenArtifact."""
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
        name, hashes = card["name"], dict(card["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise BrokenArtifact(f"The card {card_path.name} cannot be read: {problem}.") from problem
    if name != card_path.stem or not hashes or not hashes.keys() <= SUFFIXES.keys():
        raise BrokenArtifact(f"The card {card_path.name} names another network or an unknown format.")
    return [_read_format(card_path, name, format_, sha256, card) for format_, sha256 in sorted(hashes.items())]


def _read_format(card_path: Path, name: str, format_: str, sha256: str, card: dict[str, Any]) -> Artifact:
    path = card_path.with_suffix(SUFFIXES[format_])
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise BrokenArtifact(f"The network's file {path.name} cannot be read: {problem.strerror}.") from problem
    if hashlib.sha256(data).hexdigest() != sha256:
        raise BrokenArtifact(f"The network's file {path.name} is not the one its card describes: its sha256 differs.")

    return Artifact(name, format_, data, sha256, card)
