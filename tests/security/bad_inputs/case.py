"""One bad input, and what must come of it."""

import json
from dataclasses import dataclass, field
from typing import Any

SUBMISSIONS = "/api/v1/submissions/"
DRAWING = {"strokes": [[[60, 60], [200, 60], [120, 220]]], "width": 280, "height": 280, "pen_px": 20}
JSON = {"Content-Type": "application/json"}
MISSING = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Bad:
    """A request, who sends it, and the answer.

    code: of the API's error; "" where a page answers.
    who: whose token it has ("alice"), whose session ("alice's browser"), or "" for a stranger.
    raw: bytes to send as they are, in place of all else but `who`. `{token}` in them is alice's.
    """

    name: str
    request: str
    status: int
    code: str = ""
    body: bytes | str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    form: Any = None
    files: Any = None
    who: str = "alice"
    raw: bytes = b""

    @property
    def method(self) -> str:
        """The method of `request`."""
        return self.request.split(" ", 1)[0]

    @property
    def path(self) -> str:
        """The path and query of `request`."""
        return self.request.split(" ", 1)[1]


def drawing(name: str, status: int = 400, code: str = "invalid", /, drop: str = "", **changed: Any) -> Bad:
    """Return a drawing as JSON with something changed or dropped."""
    body = {key: value for key, value in (DRAWING | changed).items() if key != drop}
    return Bad(name, f"POST {SUBMISSIONS}", status, code, json.dumps(body), JSON)


def text(name: str, body: bytes | str, status: int = 400, code: str = "invalid", path: str = SUBMISSIONS) -> Bad:
    """Return a body that is sent as JSON, whatever it is."""
    return Bad(name, f"POST {path}", status, code, body, JSON)
