"""What gunicorn logs, in the same lines as everything else."""

import os
import sys
import time
from datetime import timedelta
from typing import Any

import structlog
from gunicorn.glogging import Logger

from config.logs import lines
from config.logs.masks import mask
from config.logs.request_ids import HEADER

HEALTH = "/health/"  # asked every few seconds


class WebServerLogger(Logger):
    """gunicorn's logger, with our lines. It starts before there are settings, so it reads LOG_FORMAT itself."""

    def setup(self, cfg: Any) -> None:
        lines.configure()
        given = os.environ.get("LOG_FORMAT", "").strip()
        self._kind = given if given in lines.FORMATS else "json"
        self._render = lines.renderer_of(self._kind)
        self._out = structlog.WriteLogger(sys.stderr)
        super().setup(cfg)

    def _set_handler(self, log: Any, output: Any, fmt: Any, stream: Any = None) -> None:
        super()._set_handler(log, output, lines.Lines(self._kind), stream)

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Write a line about an answered request: no query, no address, nobody's name.

        Health checks are left out. It goes past `logging`, which would take five times as long.
        """
        path = environ.get("PATH_INFO") or environ["RAW_URI"].partition("?")[0]  # of what gunicorn refuses
        if not self.access_log_enabled or path.startswith(HEALTH):
            return
        line = {
            "time": lines.stamp(time.time()),
            "level": "info",
            "logger": "gunicorn.access",
            "event": "answered",
            "request_id": next((value for name, value in resp.headers if name == HEADER), self._id_of_refusal(resp)),
            "method": environ["REQUEST_METHOD"],
            "path": mask(path),
            "status": int(str(resp.status).split()[0]),
            "took_ms": round(request_time.total_seconds() * 1000, 1),
        }
        self._out.msg(str(self._render(None, "info", line)))

    def _id_of_refusal(self, resp: Any) -> str | None:
        found: str | None = getattr(resp.sock, "headers", {}).get(HEADER)
        return found
