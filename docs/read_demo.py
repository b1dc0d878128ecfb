"""Have a running site read our page to try, and store what it reads for people without an account.

    python -m docs.read_demo http://127.0.0.1:8000 TOKEN

writes `read.json`, the cells as the live model reads them, and `picture.jpg`, the page upright, beside the photograph
in `predictions/services/sheets/demo`. Run it again when another model is shipped: a test compares them.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import requests

FOLDER = Path(__file__).resolve().parent.parent / "predictions/services/sheets/demo"
NAMES = ("row", "column", "state", "text", "read_text", "source")
WAIT_S = 20


def shorten(cell: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows of a cell as the API tells it."""
    others = [[one["text"], round(one["probability"], 4)] for one in cell["alternatives"]]
    confidence = cell["confidence"] and round(cell["confidence"], 4)
    box = [round(number, 1) for number in cell["box"]]
    return {**{name: cell[name] for name in NAMES}, "confidence": confidence, "alternatives": others, "box": box}


def read(url: str, token: str) -> tuple[dict[str, Any], bytes]:
    """Return what a site reads on our page, and the page upright. Raises requests.HTTPError."""
    session = requests.Session()
    session.headers["Authorization"] = f"Token {token}"

    def ask(method: str, path: str, **more: Any) -> requests.Response:
        answer = session.request(method, url + path, timeout=60, **more)
        answer.raise_for_status()
        return answer

    form = json.loads((FOLDER / "form.json").read_text(encoding="utf-8"))
    template = ask("POST", "/api/v1/sheet-templates/", json=form).json()
    files = {"file": (FOLDER / "page.jpg").read_bytes()}
    sheet = ask("POST", "/api/v1/sheets/", files=files, data={"template": template["id"]}).json()
    while sheet["state"] == "reading":
        sheet = ask("GET", f"{sheet['url']}?wait={WAIT_S}").json()
    [page] = sheet["pages"]
    rows = ask("GET", sheet["table"]).json()["rows"]
    picture = ask("GET", page["picture"]).content
    ask("DELETE", sheet["url"])
    ask("POST", f"{template['url']}archive/")
    cells = [shorten(cell) for row in rows for cell in row["cells"]]
    return {"width": page["width"], "height": page["height"], "cells": cells}, picture


def write(found: dict[str, Any], picture: bytes, folder: Path = FOLDER) -> None:
    """Store what was read, a cell a line."""
    lines = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in found["cells"])
    head = f'{{"width": {found["width"]}, "height": {found["height"]}, "cells": [\n'
    (folder / "read.json").write_text(f"{head}{lines}\n]}}\n", encoding="utf-8")
    (folder / "picture.jpg").write_bytes(picture)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("token")
    asked = parser.parse_args()
    write(*read(asked.url.rstrip("/"), asked.token))
