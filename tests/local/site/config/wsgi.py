"""The small site's page."""

from collections.abc import Callable, Iterable


def application(environ: dict[str, str], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Answer everything."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"up"]
