"""Send canvas drawings to a running service, as PNG and as strokes, and measure accuracy and agreement.

    .venv/bin/python -m bench.product.canvas --data canvas_dev.npz --count 200

The service is the one that `make run` started. The file holds `x` (n, 280, 280) uint8, 0 = ink; `y` (n,) the digits;
`strokes` (n,) JSON text in canvas pixels; `pen` (n,) in pixels; `writer` (n,) int. Prints the accuracy of each form,
their agreement, the time, and how many drawings each worker read. Needs the packages that `make check` installs.
"""

import argparse
import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import psycopg
import requests
from PIL import Image

from local.run import running_environment

CLIENTS = 8
POLL_S = 0.1


class Client:
    """Send drawings as one user, and wait for their readings."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.headers = {"Authorization": f"Token {token}"}

    def read(self, **body: Any) -> tuple[str, str]:
        """Return the submission's id, and its text or its error code. Raises requests.HTTPError."""
        headers = self.headers | body.pop("headers", {})
        response = requests.post(f"{self.url}/api/v1/submissions/", headers=headers, timeout=30, **body)
        response.raise_for_status()
        submission = response.json()
        while submission["finished_at"] is None:
            time.sleep(POLL_S)
            submission = requests.get(self.url + submission["url"], headers=self.headers, timeout=30).json()
        result = submission["result"]
        return submission["id"], result["text"] if result else submission["error"]["code"]


def png(canvas: np.ndarray) -> bytes:
    """Return a (h, w) uint8 canvas as a PNG."""
    data = io.BytesIO()
    Image.fromarray(canvas).save(data, "PNG")
    return data.getvalue()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="an .npz file, as described above")
    parser.add_argument("--token", required=True, help="an API token: make token USER=demo")
    parser.add_argument("--count", type=int, default=200, help="drawings to send, spread over the file")
    parser.add_argument("--writers", type=int, nargs="+", help="only drawings of these writers")
    options = parser.parse_args()
    env = running_environment()
    client = Client(env["PUBLIC_URL"], options.token)
    with np.load(options.data, allow_pickle=False) as file:
        data = {name: file[name] for name in ("x", "y", "strokes", "pen", "writer")}  # decompress once
    rows = np.flatnonzero(np.isin(data["writer"], options.writers)) if options.writers else np.arange(len(data["y"]))
    chosen = rows[np.linspace(0, len(rows) - 1, min(options.count, len(rows))).astype(int)]

    def as_png(row: int) -> tuple[str, str]:
        return client.read(data=png(data["x"][row]), headers={"Content-Type": "image/png"})

    def as_strokes(row: int) -> tuple[str, str]:
        side = data["x"].shape[1]
        body = {"strokes": json.loads(str(data["strokes"][row])), "width": side, "height": side}
        return client.read(json=body | {"pen_px": float(data["pen"][row])})

    texts, ids = {}, []
    for name, send in (("PNG", as_png), ("strokes", as_strokes)):
        began = time.monotonic()
        with ThreadPoolExecutor(CLIENTS) as pool:
            answers = list(pool.map(send, chosen))
        took_s = time.monotonic() - began
        texts[name] = np.array([text for _, text in answers])
        ids += [id_ for id_, _ in answers]
        right = np.mean(texts[name] == data["y"][chosen].astype(str))
        print(f"{name:8} {len(answers)} finished in {took_s:.1f} s, {right:.1%} correct")
    print(f"agree    {np.mean(texts['PNG'] == texts['strokes']):.1%}")
    with psycopg.connect(env["DATABASE_URL"]) as database:
        sql = (
            "SELECT p.worker, count(*) FROM predictions_prediction p JOIN predictions_submission s"
            " ON s.key = p.submission_id WHERE s.id = ANY(%s::uuid[]) GROUP BY 1 ORDER BY 1"
        )
        for worker, count in database.execute(sql, [ids]):
            print(f"{worker:8} read {count}")


if __name__ == "__main__":
    main()
