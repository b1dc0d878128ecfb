"""`manage.py promote NAME` or `--rollback`: make a registered model the live one, unless it is worse."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from predictions import comparisons, registry
from predictions.comparisons import Findings
from predictions.models import ModelVersion

SHA256_PREFIX_MIN = 8


class Command(BaseCommand):
    help = (
        "Compare a registered model with the live one, and make it live if it passes every check; workers use it from "
        "their next batch. Run it where a worker can run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("name", nargs="?", help="the model version's name, or the start of its sha256")
        which.add_argument("--rollback", action="store_true", help="the version that was live before")
        parser.add_argument("--by", help="the username of the person who promotes it")
        parser.add_argument("--dry-run", action="store_true", help="compare only")
        parser.add_argument("--force", metavar="REASON", help="even if it is worse; the reason goes to the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        by = _user(options["by"]) if options["by"] or not options["dry_run"] else None
        version = _previous() if options["rollback"] else _version(options["name"])
        if unusable := comparisons.why_unusable(version):
            raise CommandError(unusable)
        live = ModelVersion.objects.live().first()
        rival = registry.serving().version if live else None
        found = self._compare(version, rival) if rival and rival != version else Findings({})
        worse = comparisons.why_worse(version, found)
        if worse and not options["force"]:
            raise CommandError(" ".join([f"{version.name} is worse.", *worse]))
        if options["dry_run"]:
            if rival == version:
                self.stdout.write(f"{version.name} is live.")
            return
        details = {"figures": comparisons.as_figures(found.tallies)}
        if found.measures:
            details["measures"] = found.measures.as_dict()
        if worse:
            details["forced"] = options["force"]
        try:
            registry.promote(version, by, instead_of=live, **details)
        except registry.LiveChanged as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{version.name} is live.")

    def _compare(self, version: ModelVersion, rival: ModelVersion) -> Findings:
        try:
            from predictions.worker import comparison  # web machines lack the libraries to read
        except ImportError as error:
            raise CommandError(f"Run this where a worker can run; {error.name} is missing here.") from None
        try:
            found = comparison.compare(version, rival)
        except Exception as error:  # a runtime may raise anything; shown to the operator
            raise CommandError(f"{version.name} cannot be used: {error}") from error
        comparisons.record(version, rival, found)
        for check in found.checks:
            verdict = "passes" if check.passes else "fails"
            self.stdout.write(f"{check.label}: {version.name} {check.candidate}, {rival.name} {check.rival}: {verdict}")
        return found


def _user(name: str | None) -> User:
    if user := User.objects.filter(username__iexact=name or "").first():
        return user
    raise CommandError(f"There is no user {name!r}." if name else "Name the user who promotes it: --by NAME.")


def _previous() -> ModelVersion:
    if version := registry.previous():
        return version
    raise CommandError("No other version was live before.")


def _version(word: str) -> ModelVersion:
    found = list(ModelVersion.objects.filter(name=word))
    if not found and len(word) >= SHA256_PREFIX_MIN:
        found = list(ModelVersion.objects.filter(sha256__startswith=word.lower()))
    if len(found) == 1:
        return found[0]
    raise CommandError(f"There is no model version {word!r}. Registered: {', '.join(_names())}.")


def _names() -> list[str]:
    return list(ModelVersion.objects.order_by("pk").values_list("name", flat=True))
