"""A second version of the shipped networks, with other bytes and lower confidence, to tell the two apart."""

import hashlib
import json
from pathlib import Path

from ml.artifacts import SHIPPED_DIR, SUFFIXES, load_shipped, shipped_name

SHIPPED_CARD = SHIPPED_DIR / f"{shipped_name()}.json"
NAME = "twin"


def write_twin(folder: Path) -> Path:
    """Write its LiteRT files and its card to `folder`; return the path of the card."""
    card = json.loads(SHIPPED_CARD.read_text(encoding="utf-8"))
    shipped = {one.format: one.data for one in load_shipped() if one.name == shipped_name()}
    networks = {name: shipped[name] + b"twin" for name in ("litert", "line-litert")}
    card |= {"name": NAME, "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in networks.items()}}
    card["calibration"]["temperature"] *= 1.5
    for name, data in networks.items():
        (folder / f"{NAME}{SUFFIXES[name]}").write_bytes(data)
    card_path = folder / f"{NAME}.json"
    card_path.write_text(json.dumps(card), encoding="utf-8")
    return card_path
