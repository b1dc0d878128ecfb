"""What of a page was put there by a text that was not escaped."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

NEVER = {"iframe", "object", "embed", "base", "frame", "animate", "style"}
SCHEMES = re.compile(r"[\s\x00-\x1f]*(j\s*a\s*v\s*a\s*s\s*c\s*r\s*i\s*p\s*t|vbscript|data\s*:\s*text)", re.IGNORECASE)
ADDRESSES = {"href", "src", "action", "formaction", "srcset", "poster", "background", "data"}
OUTSIDE = "xss.test"


class _Parser(HTMLParser):
    """Collects elements and attributes that none of our templates has."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what is no element, attribute or address of ours."""
        given = {name: value or "" for name, value in attrs}
        self._script = given if tag == "script" else None
        if tag in NEVER or (tag == "meta" and "refresh" in given.get("http-equiv", "")):
            self.found.append(f"<{tag}>")
        for name, value in given.items():
            address = name in ADDRESSES and (SCHEMES.match(value) or urlsplit(value).hostname == OUTSIDE)
            if name.startswith("on") or name in {"srcdoc", "style"} or address:
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        """Note the text of a script, unless it is the import map."""
        if (
            self._script is not None
            and data.strip()
            and self._script.get("type") not in {"importmap", "application/json"}
        ):
            self.found.append(f"script {data[:60]}")

    def handle_endtag(self, tag: str) -> None:
        """Leave a script."""
        if tag == "script":
            self._script = None


def find_markup(page: str) -> list[str]:
    """Return what none of our templates writes: handlers, inline scripts and styles, frames, addresses of others."""
    parser = _Parser()
    parser.feed(page)
    return parser.found
