"""`manage.py doctor`: check every part of this site, and say what to do about what is wrong."""

import json
import logging
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from predictions.doctor.results import Group, Result, State, state_of

STATUS = {State.OK: 0, State.FAILING: 1, State.WARNING: 2}
MARKS = {State.OK: "ok", State.SKIPPED: "-", State.WARNING: "WARNING", State.FAILING: "FAILING"}


class Command(BaseCommand):
    help = (
        "Check every part of this site and name a remedy for what is wrong. Works without a database or Redis. "
        "Exits with 0 if all is fine, 1 if something fails, 2 if there are only warnings."
    )
    requires_system_checks: list[str] = []  # they are a part of what is checked

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--look-only", action="store_true", help="send no golden digit and no wake-up")
        parser.add_argument("--smtp", action="store_true", help="connect to the mail server too, from here")
        parser.add_argument("--wait", type=float, default=15.0, help="seconds to wait for workers (default: 15)")

    def handle(self, *args: Any, **options: Any) -> None:
        from predictions.doctor.catalogue import TRIED_OUT, examine
        from predictions.doctor.running import Limits

        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # the checks say that there is no database
        acting = [*(() if options["look_only"] else TRIED_OUT), *(("mail",) if options["smtp"] else ())]
        results = examine(acting, Limits(wait_s=options["wait"]))
        self.stdout.write(_as_json(results) if options["json"] else _as_text(results))
        self.stdout.flush()
        if status := STATUS[state_of(results)]:
            sys.exit(status)


def _as_json(results: Sequence[Result]) -> str:
    found = {
        "status": state_of(results),
        "version": settings.CODE_VERSION,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "checks": [asdict(result) | {"title": str(result.title)} for result in results],
    }
    return json.dumps(found, indent=2, ensure_ascii=False)


def _as_text(results: Sequence[Result]) -> str:
    lines = []
    for group in Group:
        lines += ["", str(group.label)]
        for result in (one for one in results if one.group == group):
            lines.append(f"  {MARKS[result.state]:<8} {result.name:<16} {result.seen}")
            if result.remedy:
                lines.append(f"{'':<27} -> {result.remedy}")
    counts = {state: sum(result.state == state for result in results) for state in State}
    summary = ", ".join(f"{counts[state]} {state.label}" for state in reversed(State))
    return "\n".join([*lines, "", f"{summary}."])
