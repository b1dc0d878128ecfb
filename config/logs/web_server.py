"""What gunicorn logs, in the same lines as everything else."""

import os
from datetime import timedelta
from typing import Any

import structlog
from gunicorn.glogging import Logger

from config.logs import lines
from config.logs.request_ids import HEADER

HEALTH = "/health/"  # asked every few seconds
access = structlog.stdlib.get_logger("gunicorn.access")


class WebServerLogger(Logger):
    """gunicorn's logger, with our lines. It starts before there are settings, so it reads LOG_FORMAT itself."""

    def setup(self, cfg: Any) -> None:
        lines.configure()
        super().setup(cfg)

    def _set_handler(self, log: Any, output: Any, fmt: Any, stream: Any = None) -> None:
        kind = os.environ.get("LOG_FORMAT", "").strip()
        super()._set_handler(log, output, lines.Lines(kind if kind in lines.FORMATS else "json"), stream)

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Log an answered request: no query, no address, nobody's name. Health checks are left out."""
        path = environ["PATH_INFO"]
        if not self.access_log_enabled or path.startswith(HEALTH):
            return
        access.info(
            "answered",
            request_id=next((value for name, value in resp.headers if name == HEADER), None),
            method=environ["REQUEST_METHOD"],
            path=path,
            status=resp.status_code,
            took_ms=round(request_time.total_seconds() * 1000, 1),
            bytes=resp.sent,
        )
